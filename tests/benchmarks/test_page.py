import numpy as np
import pytest

from benchmarks.page_analysis import MEGABYTE, MemorySample, frame_figures, memory_figures


def samples(heap_mb: list[float], gpu_objects: int = 20) -> list[MemorySample]:
    return [MemorySample(20.0 * i, heap * MEGABYTE, 300, 80, gpu_objects) for i, heap in enumerate(heap_mb)]


def test_frames_are_timed_from_picture_to_picture() -> None:
    drawn = 1000 + np.cumsum([40.0] * 90 + [120.0] * 10)
    callbacks = [[at, 5.0] for at in drawn]
    found = frame_figures(callbacks, drawn)
    assert found["frame_ms"]["p50"] == pytest.approx(40)
    assert found["frame_ms"]["p95"] == pytest.approx(120)
    assert found["frames_per_s"] == pytest.approx(99_000 / (drawn[-1] - drawn[0]))


def test_callbacks_of_one_frame_add_up() -> None:
    drawn = np.arange(100) * 40.0
    callbacks = [[at, ms] for at in drawn for ms in (1.5, 3.0)]
    assert frame_figures(callbacks, drawn)["main_thread_ms"]["p95"] == pytest.approx(4.5)


def test_a_few_pictures_are_no_measurement() -> None:
    with pytest.raises(ValueError, match="drew 3 pictures"):
        frame_figures([[0, 1]], [0, 40, 80])


def test_growth_is_told_from_the_ups_and_downs_of_a_steady_page() -> None:
    rng = np.random.default_rng(0)
    steady = [20 + wobble for wobble in rng.normal(0, 0.05, 30)]
    assert memory_figures(samples(steady))["heap_growth_mb"] == pytest.approx(0, abs=0.1)
    leaking = [value + 0.1 * i for i, value in enumerate(steady)]
    assert memory_figures(samples(leaking))["heap_growth_mb"] == pytest.approx(2.4, abs=0.1)
    assert memory_figures(samples(leaking))["minutes"] == pytest.approx(29 / 3)


def test_one_lone_sample_decides_nothing() -> None:
    spike = [20.0] * 30
    spike[-1] = 35
    found = memory_figures(samples(spike))
    assert found["heap_growth_mb"] == pytest.approx(0)
    assert found["heap_mb"]["highest"] == pytest.approx(35)


def test_what_the_graphics_card_holds_is_counted() -> None:
    record = samples([20.0] * 10) + samples([20.0] * 10, gpu_objects=26)
    found = memory_figures(record)
    assert found["gpu_object_growth"] == 6
    assert found["gpu_objects"] == 26
    assert found["node_growth"] == found["listener_growth"] == 0
    with pytest.raises(ValueError, match="two samples"):
        memory_figures(record[:1])
