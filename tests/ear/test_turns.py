from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.clock import media_to_ms
from stream_engine.ear.turns import CHUNK_MEDIA, TurnEvent, TurnMachine, TurnRules, TurnState


def play(track: list[float], machine: TurnMachine | None = None) -> list[tuple[int, TurnEvent]]:
    """Events of a probability track, each with the media time at which it was told."""
    machine = machine or TurnMachine()
    told = []
    for k, probability in enumerate(track):
        event = machine.hear(probability, k * CHUNK_MEDIA)
        if event:
            told.append(((k + 1) * CHUNK_MEDIA, event))
    return told


def test_silence_is_quiet() -> None:
    machine = TurnMachine()
    assert play([0.0, 0.1, 0.24] * 50, machine) == []
    assert machine.state is TurnState.QUIET


def test_a_turn_starts_and_ends_with_the_media_time_of_the_fact() -> None:
    rules = TurnRules(release_ms=64)
    ((start_told, start), (end_told, end)) = play([0.0] * 10 + [0.95] * 20 + [0.0] * 20, TurnMachine(rules))
    assert start == TurnEvent(True, 10 * CHUNK_MEDIA, 10 * CHUNK_MEDIA - 200 * 48)
    assert start_told == 11 * CHUNK_MEDIA
    assert end == TurnEvent(False, 28 * CHUNK_MEDIA, 28 * CHUNK_MEDIA)
    assert 300 <= media_to_ms(end_told - end.media_time) < 332


def test_a_doubtful_chunk_waits_for_a_second() -> None:
    machine = TurnMachine()
    assert machine.hear(0.35, 0) is None
    assert machine.state is TurnState.STARTING
    assert not machine.speaking
    event = machine.hear(0.35, CHUNK_MEDIA)
    assert event is not None
    assert event.media_time == 0


def test_a_single_doubtful_chunk_is_no_turn() -> None:
    assert play([0.0, 0.35, 0.0] * 20) == []


def test_a_closure_does_not_end_a_turn() -> None:
    machine = TurnMachine()
    events = play([0.9] * 10 + [0.05] * 4 + [0.9] * 10, machine)
    assert [e.speaking for _, e in events] == [True]
    assert machine.state is TurnState.SPEAKING


def test_speaking_lasts_through_the_hang_over() -> None:
    machine = TurnMachine()
    play([0.9] * 10 + [0.05] * 3, machine)
    assert machine.state is TurnState.STOPPING
    assert machine.speaking


def test_pre_roll_never_reaches_into_the_turn_before() -> None:
    events = [e for _, e in play([0.9] * 10 + [0.0] * 8 + [0.9] * 3, TurnMachine(TurnRules(pre_roll_ms=2000)))]
    assert [e.speaking for e in events] == [True, False, True]
    assert events[2].sound_from == events[1].media_time


def test_interrupting_a_turn_ends_it_once() -> None:
    machine = TurnMachine()
    play([0.9] * 10, machine)
    assert machine.interrupt() == TurnEvent(False, 10 * CHUNK_MEDIA, 10 * CHUNK_MEDIA)
    assert machine.interrupt() is None
    assert machine.state is TurnState.QUIET


@given(st.lists(st.floats(0, 1), max_size=300))
def test_turns_alternate_and_never_overlap(track: list[float]) -> None:
    events = play(track)
    for i, (told, event) in enumerate(events):
        assert event.speaking == (i % 2 == 0)
        assert 0 <= event.sound_from <= event.media_time <= told
    for (_, before), (_, after) in pairwise(events):
        assert after.media_time >= before.media_time
        assert after.sound_from >= before.media_time or not after.speaking


@given(st.lists(st.floats(0, 1), max_size=200), st.integers(1, 400))
def test_an_end_is_told_at_the_hang_over_and_within_100_ms_of_it(track: list[float], hang_over_ms: int) -> None:
    rules = TurnRules(hang_over_ms=hang_over_ms, release_ms=0)
    for told, event in play(track, TurnMachine(rules)):
        if not event.speaking:
            assert hang_over_ms <= media_to_ms(told - event.media_time) <= hang_over_ms + 100


@pytest.mark.parametrize(
    "wrong",
    [
        {"stop": 0.5, "start": 0.4},
        {"start": 0.9},
        {"stop": 0.0},
        {"hang_over_ms": -1},
        {"release_ms": 400},
        {"pre_roll_ms": -1},
    ],
)
def test_rules_that_contradict_themselves_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="need 0"):
        TurnRules(**wrong)  # type: ignore[arg-type]  # a mixed bag of fields
