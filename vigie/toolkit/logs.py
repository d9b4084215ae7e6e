"""What is logged: one JSON object a line, with the request or the job it belongs to, and nothing about a person.

Our own lines are constant words and ids. A library's text is not written, since it may hold what it was called with: its line
bears the library's name and the place in its code. Of an error its kind and its way through the code are written, never its
text: the database's repeats the values of a row. On a terminal, lines are plain and whole: they are a developer's own.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog

Line = MutableMapping[str, Any]

OWN = frozenset({"vigie", "granian", "_granian"})  # the web server's words are about its processes
DEEPEST = 15  # calls of an error's way that are written, the innermost ones


def wants_json() -> bool:
    """As ``VIGIE_LOG`` says (``json`` or ``plain``); without it, JSON unless a person looks on at a terminal."""
    said = os.environ.get("VIGIE_LOG", "").strip().lower()
    return said == "json" if said in ("json", "plain") else not sys.stderr.isatty()


def configuration(*, as_json: bool) -> dict[str, Any]:
    """The ``dictConfig`` of every process: web server, web, worker, commands."""
    stamped: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    ]
    structlog.configure(
        processors=[*stamped, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    rendered: list[Any] = (
        [_without_persons, structlog.processors.JSONRenderer()]
        if as_json
        else [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.dev.ConsoleRenderer(
                colors=False, timestamp_key="time", exception_formatter=structlog.dev.plain_traceback
            ),
        ]
    )
    formatter = {
        "()": "structlog.stdlib.ProcessorFormatter",
        "foreign_pre_chain": stamped,
        "processors": rendered,
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "vigie": {"level": "INFO"},
            "procrastinate": {"level": "WARNING"},
            "django.request": {"level": "ERROR"},  # each request has its own line
        },
    }


def _without_persons(logger: Any, method: str, line: Line) -> Line:
    """Last before the renderer: what a line may say."""
    record: logging.LogRecord = line.pop("_record")
    if record.name.partition(".")[0] not in OWN:
        line["event"] = f"{record.name}: {record.module}.{record.funcName}, line {record.lineno}"
    error = line.pop("exc_info", None)
    for name in ("_from_structlog", "stack_info"):
        line.pop(name, None)
    if isinstance(error, tuple) and error[1] is not None:
        line.update(told(error[1]))
    return line


def told(error: BaseException) -> dict[str, Any]:
    """An error without its text: its kind, what it came from, its way through the code."""
    causes: list[str] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and len(causes) < DEEPEST:
        causes.append(kind_of(cause))
        cause = cause.__cause__ or cause.__context__
    way = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-DEEPEST:]]
    return {"error": kind_of(error), "causes": causes, "way": way}


def kind_of(error: BaseException) -> str:
    """``module.Class``, and the code of a refusal, which is a word of ours."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    code = getattr(error, "code", None)
    return f"{name} ({code})" if kind.__module__ == "vigie.kernel.refusal" and code else name


def catch_the_rest() -> None:
    """Errors that nobody caught, and warnings, become lines too instead of Python's own text."""
    log = logging.getLogger("vigie.process")

    def ended(kind: type[BaseException], error: BaseException, way: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, way)
        else:
            log.critical("This process ends by an error.", exc_info=(kind, error, way))

    def thread_ended(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            log.error("A thread ends by an error.", exc_info=args.exc_value)

    sys.excepthook = ended
    threading.excepthook = thread_ended
    logging.captureWarnings(True)
