"""Structured logs: one line per fact, for people (console) or machines (JSON).

Our own lines and those of the libraries (uvicorn, aiortc, aioice) leave by the same road. Per-frame facts are metrics,
never log lines.
"""

import logging
import logging.config
import sys
from typing import TextIO

import structlog
from structlog.typing import Processor

_QUIET = {
    # They tell each connection check and retransmission at INFO.
    "aioice": logging.WARNING,
    "aiortc": logging.WARNING,
    # Requests are told by the server's own lines; uvicorn's access log is off.
    "uvicorn": logging.WARNING,
}


def configure_logging(level: str, form: str, stream: TextIO | None = None) -> None:
    """Sets up logging for the whole process.

    Args:
        level: least grave level shown: debug, info, warning or error.
        form: `console` (colours where the stream is a terminal) or `json` (one object a line).
        stream: where lines go; standard error by default.
    """
    stream = stream if stream is not None else sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    if form == "json":
        # Local variables stay out of tracebacks: the token may be among them.
        tracebacks = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        final: list[Processor] = [
            structlog.processors.ExceptionRenderer(tracebacks),
            structlog.processors.JSONRenderer(),
        ]
    else:
        final = [
            structlog.dev.ConsoleRenderer(
                colors=stream.isatty(), pad_event_to=24, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name, floor in _QUIET.items():
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
        logger.setLevel(max(floor, root.level) if root.level > logging.DEBUG else logging.INFO)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger that takes facts as keywords: `log.info("session_opened", session=…)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
