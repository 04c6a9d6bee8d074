"""Structured logs: one line an event, with change, step and delivery where there are any; never a secret."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog

_SECRET = re.compile(
    r"xox[abceoprs]-[\w-]+|xapp-[\w-]+|gh[pousr]_\w+|github_pat_\w+|ATATT3[\w=-]+|Bearer\s+\S+|Basic\s+\S+"
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"
)


def _redact(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = _SECRET.sub("***", value)
    return event


def configure(style: Literal["text", "json"]) -> None:
    """Send everything that is logged through one format, to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact,
    ]
    last: Any = (
        structlog.processors.JSONRenderer()
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # Bolt prints whole request bodies at INFO when a signature is wrong.
    for name in (
        "slack_bolt",
        "slack_sdk",
        "apscheduler",
        "waitress",
        "alembic",
        "github",
        "urllib3",
        "httpx",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("slack_bolt").setLevel(logging.ERROR)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
