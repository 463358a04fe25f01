"""Logs: one line per fact, in either form, without secrets in tracebacks."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from stream_engine.logs import configure_logging, get_logger


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    for name in ("aioice", "aiortc", "uvicorn"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    structlog.reset_defaults()


def test_json_lines_carry_their_facts() -> None:
    stream = io.StringIO()
    configure_logging("info", "json", stream)
    get_logger("test").info("session_opened", session="abc", sessions=2)
    get_logger("test").debug("unseen")
    logging.getLogger("some.library").warning("old %s", "style")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["event"] for line in lines] == ["session_opened", "old style"]
    assert (lines[0]["session"], lines[0]["sessions"], lines[0]["level"], lines[0]["logger"]) == (
        "abc", 2, "info", "test",
    )  # fmt: skip
    assert lines[0]["timestamp"].endswith("Z")


@pytest.mark.parametrize("form", ["json", "console"])
def test_tracebacks_show_no_local_variables(form: str) -> None:
    stream = io.StringIO()
    configure_logging("info", form, stream)

    def fail(token: str) -> None:
        raise ValueError("broken")

    try:
        fail("very" + "secret")
    except ValueError:
        get_logger("test").exception("failed")
    assert "broken" in stream.getvalue()
    assert "verysecret" not in stream.getvalue()


def test_the_chatter_of_connection_checks_stays_out() -> None:
    stream = io.StringIO()
    configure_logging("info", "console", stream)
    logging.getLogger("aioice.ice").info("Check CandidatePair 1")
    logging.getLogger("aioice.ice").warning("something is wrong")
    assert "CandidatePair" not in stream.getvalue()
    assert "something is wrong" in stream.getvalue()
