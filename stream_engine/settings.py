"""Settings: flags over environment (`STREAM_ENGINE_*`) over TOML over defaults.

The command line is made from the fields below (`add_arguments`), so a setting is described once.
"""

import argparse
import ipaddress
import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from stream_engine.clock import TICK_MS
from stream_engine.transport.messages import LookAheadMs

DEFAULT_CONFIG = Path("stream_engine.toml")
"""Read when it lies in the working directory and `--config` names no other."""

_LOOPBACK_NAMES = frozenset({"localhost"})


class SettingsError(ValueError):
    """Settings the server refuses to start with; its text says what to change."""


class IceServer(BaseModel):
    """A STUN or TURN server, as RTCPeerConnection takes it.

    Attributes:
        urls: `stun:host:port`, `turn:host:port?transport=udp` …
        username: for TURN.
        credential: for TURN.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    urls: Annotated[str, Field(pattern=r"^(stuns?|turns?):[^\s<>\"]+$")]
    username: str | None = None
    credential: str | None = None


class Settings(BaseSettings):
    """Everything that can be set. Frozen: a running server's settings do not change."""

    model_config = SettingsConfigDict(
        env_prefix="STREAM_ENGINE_", extra="forbid", frozen=True, validate_default=True, env_ignore_empty=True
    )

    host: str = Field("127.0.0.1", description="address to listen on; any but loopback needs a token")
    port: int = Field(8788, ge=0, le=65535, description="port to listen on (0: any free one)")
    token: SecretStr | None = Field(
        None, description="secret that clients send as 'Authorization: Bearer …'; better given by environment"
    )
    tls_cert: Path | None = Field(None, description="PEM certificate; a phone gives its microphone to HTTPS only")
    tls_key: Path | None = Field(None, description="PEM key of the certificate")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="further names this server may be called by (Host header)"
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="further web origins whose pages may call this server, like https://example.org"
    )
    ice_servers: Annotated[tuple[IceServer, ...], NoDecode] = Field(
        (), description="STUN and TURN servers, like stun:stun.example.org:3478 (JSON for TURN credentials)"
    )

    look_ahead_ms: LookAheadMs = Field(60, description="how far the face hears ahead: 0 to 100 in steps of 20")
    idle_timeout_s: float = Field(300.0, gt=0, description="a session without sound for so long is ended")
    max_sessions: int = Field(64, ge=1, description="voices at a time")
    max_viewers: int = Field(32, ge=0, description="viewers of one session at a time")

    engine_backend: Literal["onnxruntime", "torch"] = Field("onnxruntime", description="what runs the network")
    engine_model: str | None = Field(None, description="network of models/zoo, or path of its weights")
    engine_slots: int = Field(64, ge=1, le=1024, description="voices the engine's worker is made for")
    engine_threads: int = Field(0, ge=0, description="threads of the engine's worker (0: it decides)")

    engine_sleep_after_s: float = Field(
        8.0, ge=0, description="quiet seconds after which a voice's network sleeps, its face idly alive (0: never)"
    )

    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least grave line logged")
    log_format: Literal["console", "json"] = Field("console", description="log lines for people or for machines")
    web_dir: Path = Field(
        Path(__file__).parents[1] / "clients" / "web" / "dist", description="folder of the built studio"
    )

    @property
    def loopback(self) -> bool:
        """Whether the server is out of reach of other machines."""
        return is_loopback(self.host)

    @property
    def look_ahead_ticks(self) -> int:
        """The look-ahead in ticks of 20 ms."""
        return self.look_ahead_ms // TICK_MS

    @field_validator("allowed_hosts", "allowed_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("ice_servers", mode="before")
    @classmethod
    def _parse_ice_servers(cls, value: object) -> object:
        parts = cls._split(value) if not (isinstance(value, str) and value.lstrip().startswith(("[", "{"))) else value
        if isinstance(parts, str):
            loaded = json.loads(parts)
            parts = loaded if isinstance(loaded, list) else [loaded]
        if not isinstance(parts, list | tuple):
            return parts
        return [_ice_server(part) for part in parts]

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            scheme, separator, rest = origin.partition("://")
            if scheme not in ("http", "https") or not separator or not rest or "/" in rest or "*" in rest:
                raise ValueError(f"{origin!r} is no origin; write it like https://example.org or http://localhost:5173")
        return tuple(origin.lower() for origin in value)

    @field_validator("token")
    @classmethod
    def _check_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().isascii():
            raise ValueError("a token travels in an HTTP header: use ASCII characters only")
        return value if value is not None and value.get_secret_value() else None

    @model_validator(mode="after")
    def _check_exposure(self) -> Self:
        if not self.loopback and self.token is None:
            raise ValueError(
                f"listening on {self.host} makes this server reachable from other machines, and no token is set: "
                "set one (STREAM_ENGINE_TOKEN=… or --token …), or listen on 127.0.0.1"
            )
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("TLS takes both --tls-cert and --tls-key")
        for path in (self.tls_cert, self.tls_key):
            if path is not None and not path.is_file():
                raise ValueError(f"{path} is no file; TLS takes a PEM certificate and its key")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags (given on construction) over environment over TOML; no .env, no secrets folder."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


_GROUPS: dict[str, tuple[str, ...]] = {
    "listening": ("host", "port", "tls_cert", "tls_key", "web_dir"),
    "who may call": ("token", "allowed_hosts", "allowed_origins"),
    "sessions": ("look_ahead_ms", "idle_timeout_s", "max_sessions", "max_viewers", "ice_servers"),
    "engine": ("engine_model", "engine_backend", "engine_slots", "engine_threads", "engine_sleep_after_s"),
    "logs": ("log_level", "log_format"),
}
_METAVARS = {
    "host": "ADDRESS", "web_dir": "DIR", "tls_cert": "FILE", "tls_key": "FILE", "token": "SECRET",
    "allowed_hosts": "NAME,…", "allowed_origins": "URL,…", "ice_servers": "URL,…", "look_ahead_ms": "MS",
    "idle_timeout_s": "S", "engine_sleep_after_s": "S", "engine_model": "NAME",
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds one flag per setting, `--tls-cert` for `tls_cert`, and `--config`."""
    parser.add_argument(
        "--config", metavar="FILE", type=Path, help=f"TOML file of settings (default: {DEFAULT_CONFIG}, if present)"
    )
    for title, names in _GROUPS.items():
        group = parser.add_argument_group(title)
        for name in names:
            field = Settings.model_fields[name]
            choices = _choices(field.annotation)
            default = (
                "none" if field.default in (None, ()) else "clients/web/dist" if name == "web_dir" else field.default
            )
            group.add_argument(
                "--" + name.replace("_", "-"),
                dest=name,
                metavar="|".join(choices) if choices else _METAVARS.get(name, "N"),
                default=argparse.SUPPRESS,
                help=f"{field.description} (default: {default})",
            )


def load_settings(flags: dict[str, Any] | None = None, config: Path | None = None) -> Settings:
    """Settings from all sources.

    Args:
        flags: settings given by hand, which win.
        config: TOML file; None reads `stream_engine.toml` if the working directory has one.

    Raises:
        SettingsError: a value is wrong, unknown or unsafe; the text names it.
    """
    if config is not None and not config.is_file():
        raise SettingsError(f"--config {config}: no such file")
    source = config if config is not None else DEFAULT_CONFIG

    class Sourced(Settings):
        model_config = SettingsConfigDict(toml_file=source)

    try:
        return Sourced(**(flags or {}))
    except ValidationError as error:
        raise SettingsError(_explain(error)) from None
    except ValueError as error:  # tomllib.TOMLDecodeError among them
        raise SettingsError(f"{source}: {error}") from None


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine and only this machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") in _LOOPBACK_NAMES


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_context=False):
        place = ".".join(str(part) for part in problem["loc"])
        text = problem["msg"].removeprefix("Value error, ")
        lines.append(f"{place}: {text}" if place else text)
    return "\n".join(lines)


def _choices(annotation: object) -> tuple[str, ...]:
    return getattr(annotation, "__args__", ()) if getattr(annotation, "__origin__", None) is Literal else ()


def _ice_server(part: object) -> object:
    return {"urls": part} if isinstance(part, str) else part
