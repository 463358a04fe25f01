import os
from pathlib import Path

from stream_engine.engine.export_cache import prune

WEEK_S = 7 * 24 * 3600
NOW = 1_700_000_000.0


def graph(cache: Path, name: str, used_ago_s: float) -> None:
    folder = cache / name
    folder.mkdir()
    (folder / ("facts.json" if not name.startswith(".") else "graph.onnx")).write_text("{}")
    os.utime(folder, (NOW, NOW - used_ago_s))


def test_old_graphs_go_but_for_the_few_used_last(tmp_path: Path) -> None:
    for weeks in range(2, 9):
        graph(tmp_path, f"net-{weeks}", weeks * WEEK_S)
    graph(tmp_path, ".making-left", 9 * WEEK_S)
    (tmp_path / "notes").mkdir()
    os.utime(tmp_path / "notes", (NOW, NOW - 99 * WEEK_S))
    prune(tmp_path, NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["net-2", "net-3", "net-4", "net-5", "notes"]


def test_what_was_used_this_week_stays_however_many(tmp_path: Path) -> None:
    for number in range(12):
        graph(tmp_path, f"net-{number}", WEEK_S * number / 12)
    prune(tmp_path, NOW)
    assert len(list(tmp_path.iterdir())) == 12


def test_a_cache_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    prune(tmp_path / "none", NOW)
    assert not (tmp_path / "none").exists()
