"""Settings: who wins, what is refused, and that the command line says it well."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from stream_engine import cli
from stream_engine.settings import IceServer, Settings, SettingsError, add_arguments, is_loopback, load_settings


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"STREAM_ENGINE_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_defaults_are_safe() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.token) == ("127.0.0.1", 8788, None)
    assert settings.look_ahead_ticks == 3
    assert settings.ice_servers == ()


def test_flag_over_environment_over_file_over_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "stream_engine.toml").write_text("port = 1\nmax_sessions = 2\nidle_timeout_s = 3\n")
    assert load_settings().port == 1
    monkeypatch.setenv("STREAM_ENGINE_PORT", "4")
    monkeypatch.setenv("STREAM_ENGINE_MAX_SESSIONS", "5")
    settings = load_settings({"port": "6"})
    assert (settings.port, settings.max_sessions, settings.idle_timeout_s) == (6, 5, 3.0)


def test_a_named_file_takes_the_place_of_the_default_one(tmp_path: Path) -> None:
    (tmp_path / "stream_engine.toml").write_text("port = 1\n")
    other = tmp_path / "other.toml"
    other.write_text('look_ahead_ms = 40\nallowed_origins = ["https://a.example"]\n')
    settings = load_settings(config=other)
    assert (settings.port, settings.look_ahead_ms, settings.allowed_origins) == (8788, 40, ("https://a.example",))


@pytest.mark.parametrize(
    ("text", "what"),
    [("port = ", "stream_engine.toml"), ("prot = 1", "prot"), ("port = 70000", "port"), ("port = 'x'", "port")],
)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "stream_engine.toml").write_text(text)
    with pytest.raises(SettingsError, match=what):
        load_settings()


def test_a_missing_file_is_refused() -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load_settings(config=Path("nowhere.toml"))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org"])
def test_beyond_loopback_a_token_is_demanded(host: str) -> None:
    with pytest.raises(SettingsError, match="no token is set"):
        load_settings({"host": host})
    assert not load_settings({"host": host, "token": "s3cret"}).loopback


def test_an_empty_token_is_none() -> None:
    with pytest.raises(SettingsError, match="no token is set"):
        load_settings({"host": "0.0.0.0", "token": ""})


def test_the_token_does_not_show() -> None:
    assert "s3cret" not in repr(load_settings({"token": "s3cret"}))


@pytest.mark.parametrize(
    ("flags", "what"),
    [
        ({"look_ahead_ms": "50"}, "look_ahead_ms"),
        ({"look_ahead_ms": "120"}, "look_ahead_ms"),
        ({"idle_timeout_s": "0"}, "idle_timeout_s"),
        ({"ice_servers": "http://x"}, "ice_servers"),
        ({"ice_servers": "[1"}, "ice_servers"),
        ({"allowed_origins": "*"}, "is no origin"),
        ({"allowed_origins": "https://a.example/path"}, "is no origin"),
        ({"engine_backend": "abacus"}, "engine_backend"),
        ({"token": "geheimÄ"}, "ASCII"),
        ({"tls_cert": "cert.pem"}, "--tls-key"),
        ({"tls_cert": "cert.pem", "tls_key": "key.pem"}, "is no file"),
    ],
)
def test_bad_values_are_refused_by_name(flags: dict[str, str], what: str) -> None:
    with pytest.raises(SettingsError, match=what):
        load_settings(flags)


def test_ice_servers_by_list_and_by_json() -> None:
    listed = load_settings({"ice_servers": "stun:a.example:3478, turn:b.example?transport=udp"})
    assert [server.urls for server in listed.ice_servers] == ["stun:a.example:3478", "turn:b.example?transport=udp"]
    text = '[{"urls": "turn:c.example", "username": "u", "credential": "p"}, "stun:d.example"]'
    assert load_settings({"ice_servers": text}).ice_servers == (
        IceServer(urls="turn:c.example", username="u", credential="p"),
        IceServer(urls="stun:d.example"),
    )


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("[::1]", True), ("localhost", True),
        ("LOCALHOST.", True), ("0.0.0.0", False), ("localhost.example.org", False), ("10.0.0.1", False), ("", False),
    ],
)  # fmt: skip
def test_what_is_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_every_setting_has_a_flag_and_its_description() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    help_text = " ".join(parser.format_help().split())
    for name, field in Settings.model_fields.items():
        assert f"--{name.replace('_', '-')}" in help_text
        assert field.description
    assert vars(parser.parse_args([])) == {"config": None}


@pytest.mark.parametrize("run", [cli.serve_main, lambda arguments: cli.main(["serve", *arguments])])
def test_an_open_door_without_a_token_ends_with_code_2(
    run: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(["--host", "0.0.0.0"])
    assert caught.value.code == 2
    assert "STREAM_ENGINE_TOKEN" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["serve", "--help"], ["--help"]])
def test_help_is_good_to_read(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(command)
    assert caught.value.code == 0
    assert "serve" in capsys.readouterr().out
