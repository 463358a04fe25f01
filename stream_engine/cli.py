"""The command line: `serve` and `animate`."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from stream_engine import settings as settings_module
from stream_engine.settings import Settings, SettingsError, load_settings

EXIT_USAGE: Final = 2
"""Exit code for settings or arguments that cannot be."""

_EPILOG = """\
Every setting is also an environment variable (STREAM_ENGINE_PORT=8788) and a line of TOML (port = 8788).
A flag wins over the environment, the environment over the file, the file over the default.

examples:
  python run_server.py
  STREAM_ENGINE_TOKEN=… python run_server.py --host 0.0.0.0 --tls-cert cert.pem --tls-key key.pem
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a subcommand.

    Args:
        arguments: of the command line; None takes the process's own.

    Returns:
        Exit code: 0 done, 2 unusable settings, 3 the server could not start.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = _parser(arguments)
    args = parser.parse_args(arguments)
    if args.command == "animate":
        return int(importlib.import_module("stream_engine.animate").run(args))
    return run_serve(parser, args)


def serve_main(arguments: Sequence[str] | None = None) -> int:
    """Runs `serve` without naming it, for `run_server.py`; see :func:`main`."""
    parser = argparse.ArgumentParser(
        prog="run_server.py",
        description="Serves Stream Engine: a live voice goes in, a face that speaks it comes out.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    settings_module.add_arguments(parser)
    return run_serve(parser, parser.parse_args(arguments))


def run_serve(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    """Loads the settings and serves until told to stop."""
    flags: dict[str, Any] = {name: value for name, value in vars(args).items() if name in Settings.model_fields}
    file: Path | None = args.config
    try:
        settings = load_settings(flags, file)
    except SettingsError as error:
        parser.exit(EXIT_USAGE, f"{parser.prog}: {error}\n")
    # Imported late: `--help` and refusals need neither aiortc nor the engine.
    from stream_engine.clock import SystemClock
    from stream_engine.engine.backend import DEFAULT_MODEL
    from stream_engine.engine.worker_engine import create_engine
    from stream_engine.logs import configure_logging
    from stream_engine.server import serve

    configure_logging(settings.log_level, settings.log_format)
    clock = SystemClock()
    engine = create_engine(
        backend=settings.engine_backend,
        slots=settings.engine_slots,
        threads=settings.engine_threads,
        clock=clock,
        model=settings.engine_model or DEFAULT_MODEL,
        sleep_after_s=settings.engine_sleep_after_s,
    )
    return serve(settings, engine, clock)


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stream-engine", description="A live voice goes in, a face that speaks it comes out."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser(
        "serve",
        help="serve browsers and other clients",
        description="Serves browsers and other clients until stopped.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    settings_module.add_arguments(serve)
    animate = commands.add_parser(
        "animate",
        help="stream a sound file through the engine and write the motion as CSV or animated glTF",
        description="Streams a sound file through the engine and writes the motion as a Live Link Face CSV or as "
        "an animated glTF.",
    )
    # Its module brings the model along, which `serve --help` need not wait for.
    if arguments[:1] == ["animate"]:
        importlib.import_module("stream_engine.animate").add_arguments(animate)
    return parser
