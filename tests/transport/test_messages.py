"""The JSON messages: committed schema and golden files are what the code says, and nonsense is refused."""

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.transport import golden
from stream_engine.transport.messages import (
    BadMessageError,
    Mute,
    Ping,
    Pong,
    Reset,
    SetStyle,
    Stages,
    decode_control,
    decode_event,
    encode_message,
    json_schema,
)

GOLDEN = golden.PROTOCOL_DIR / "golden"
SCHEMA = json.loads((golden.PROTOCOL_DIR / "schema.json").read_text())


def test_committed_files_are_what_the_command_writes(tmp_path: Path) -> None:
    written = {path.relative_to(tmp_path): path.read_bytes() for path in golden.write(tmp_path)}
    committed = {
        path.relative_to(golden.PROTOCOL_DIR): path.read_bytes()
        for path in [golden.PROTOCOL_DIR / "schema.json", *GOLDEN.rglob("*")]
        if path.is_file()
    }
    assert written == committed, "run: python -m stream_engine.transport.golden"


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("events/*.json")), ids=lambda path: path.stem)
def test_golden_events(path: Path) -> None:
    body = json.loads(path.read_text())
    jsonschema.validate(body, {**SCHEMA, "anyOf": [{"$ref": "#/$defs/Event"}]})
    assert json.loads(encode_message(decode_event(path.read_text()))) == body


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("controls/*.json")), ids=lambda path: path.stem)
def test_golden_controls(path: Path) -> None:
    body = json.loads(path.read_text())
    jsonschema.validate(body, {**SCHEMA, "anyOf": [{"$ref": "#/$defs/Control"}]})
    assert json.loads(encode_message(decode_control(path.read_text()))) == body


@pytest.mark.parametrize("text", json.loads((GOLDEN / "bad_controls.json").read_text()))
def test_golden_bad_controls(text: str) -> None:
    with pytest.raises(BadMessageError):
        decode_control(text)


def test_controls_decode_to_their_types() -> None:
    assert decode_control('{"type":"ping","id":3}') == Ping(id=3)
    assert decode_control('{"type":"reset"}') == Reset()
    assert decode_control('{"type":"reset","look_ahead_ms":0,"seed":5}') == Reset(look_ahead_ms=0, seed=5)
    assert decode_control('{"type":"mute","muted":false}') == Mute(muted=False)
    assert decode_control('{"type":"style"}') == SetStyle()
    assert decode_control('{"type":"style","head_motion":0,"gaze":"free"}') == SetStyle(head_motion=0, gaze="free")


def test_wire_names() -> None:
    assert encode_message(Pong(id=1, media_time=2)) == '{"type":"pong","id":1,"media_time":2}'
    assert encode_message(Stages(ear=0, queue=0, model=0, return_=1)).endswith('"return":1.0}')


def test_a_long_control_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(BadMessageError, match="4096 bytes"):
        decode_control('{"type":"ping","id":1}' + " " * 4096)
    with pytest.raises(BadMessageError, match="4096 bytes"):
        decode_control('"' + "é" * 3000 + '"')


@given(st.binary(max_size=64))
def test_binary_is_no_control(data: bytes) -> None:
    with pytest.raises(BadMessageError, match="binary"):
        decode_control(data)


@given(st.text(st.characters(), max_size=200))
def test_any_text_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(BadMessageError) as caught:
        decode_control(text)
    assert str(caught.value)
