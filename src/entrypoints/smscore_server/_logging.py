"""
Logging of the server: one line each on one stream, as text or as JSON, all of it scrubbed.
"""

import logging
import re
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Protocol, TextIO

import msgspec

from smscore import GatewayConfig
from smscore.config import LogFormat
from smscore_server._scrubbing import Scrubber
from smscore_server._secrets import secrets_of

__all__ = [
    "JsonLines",
    "TextLines",
    "catch_strays",
    "formatter_of",
    "set_up_logging",
    "stop_access_log",
]

_TIME = "%Y-%m-%dT%H:%M:%S"
_ID = re.compile(r"\b(?P<name>channel|message|account|user|webhook) %(?P<kind>[sd]|016x)")
_PLACEHOLDER = re.compile(r"%(?:%|[-#0 +]*[0-9*]*(?:\.[0-9*]+)?[a-zA-Z])")
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_APART = "\n\x1e\n"  # which no pattern of the scrubber reaches over, and hardly a text has
_LARGEST = 2**53  # programs that read JSON know no larger number to the last digit


class Current(Protocol):
    """The request that is being answered."""

    @property
    def id(self) -> str: ...

    @property
    def account(self) -> str | None: ...

    @property
    def secrets(self) -> tuple[str, ...]: ...


class AskCurrent(Protocol):
    """Says which request is being answered where a line is logged, if one is."""

    def __call__(self) -> Current | None: ...


def nobody() -> None:
    """No request is being answered."""
    return


def set_up_logging(
    stream: TextIO,
    *,
    level: int = logging.INFO,
    formatter: logging.Formatter | None = None,
) -> None:
    """Send the logs of the whole process to a stream."""
    handler = _Lines(stream)
    handler.setFormatter(formatter or TextLines(Scrubber()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # uvicorn's own start and stop lines say less than ours.
    logging.getLogger("uvicorn").setLevel(max(level, logging.WARNING))
    # aiosmtpd tells every command, and so who wrote to whom by mail.
    logging.getLogger("mail.log").setLevel(logging.WARNING if level >= logging.INFO else level)
    # Who asks for a thread's or process's name would find it missing; our format does not.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def formatter_of(config: GatewayConfig, *, current: AskCurrent = nobody) -> logging.Formatter:
    """What writes lines as the configuration says, and knows its secrets."""

    def passing() -> tuple[str, ...]:
        request = current()
        return () if request is None else request.secrets

    scrubber = Scrubber(secrets=secrets_of(config), passing=passing, shows_texts=config.log.texts)
    if config.log.format is LogFormat.JSON:
        return JsonLines(scrubber, current=current)
    return TextLines(scrubber)


def stop_access_log() -> None:
    """Write no line for each request."""
    logging.getLogger("smscore.http.access").setLevel(logging.WARNING)


def catch_strays() -> None:
    """Log what else would go to standard error by itself: warnings, and what nobody has caught."""
    logging.captureWarnings(capture=True)

    def of_thread(stray: threading.ExceptHookArgs) -> None:
        if stray.exc_value is not None:
            name = stray.thread.name if stray.thread else "unknown"
            _log_stray(f"thread {name}", stray.exc_value)

    threading.excepthook = of_thread
    sys.unraisablehook = lambda stray: _log_stray(_source(stray), stray.exc_value)


def _source(stray: "sys.UnraisableHookArgs") -> str:
    """What raised it; since Python 3.14 a message often says so, and there is no object."""
    if stray.object is None and stray.err_msg:
        return stray.err_msg.removeprefix("Exception ignored while calling ")[:200]
    return f"{stray.object!r:.200}"


def _log_stray(what: str, stray: BaseException | None) -> None:
    logging.getLogger(__name__).error("nobody has caught what %s raised", what, exc_info=stray)


class _Lines(logging.StreamHandler[TextIO]):
    """Says of a line that cannot be written only so: what is to be in it was not scrubbed."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # of the library
        fault = sys.exc_info()[0]
        name = fault.__name__ if fault else "nothing"
        with suppress(Exception):
            told = logging.LogRecord(
                __name__,
                logging.ERROR,
                record.pathname,
                record.lineno,
                "a line of %s, line %d, cannot be written: %s",
                (record.module, record.lineno, name),
                None,
            )
            self.stream.write(f"{self.format(told)}{self.terminator}")
            self.flush()


class TextLines(logging.Formatter):
    """A line for people, its traceback below it."""

    default_time_format = _TIME
    default_msec_format = "%s.%03dZ"

    def __init__(self, scrubber: Scrubber) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self.converter = time.gmtime
        self._scrubber = scrubber

    def format(self, record: logging.LogRecord) -> str:
        return self._scrubber.clean(super().format(record), is_detail=_is_detail(record))


class JsonLines(logging.Formatter):
    """
    An object for programs: time, level, logger, message, what it is about, exception.

    What it is about is told by what is logged with it (``extra``), by the words in front of its
    values (``channel %s``, ``message %016x``), and by the request that is being answered.
    """

    def __init__(self, scrubber: Scrubber, *, current: AskCurrent = nobody) -> None:
        super().__init__()
        self._scrubber = scrubber
        self._current = current

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime(_TIME, time.gmtime(record.created))
        line: dict[str, object] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
        }
        told = tuple(self._told(record))
        texts = [_text(one) for pair in told for one in pair]
        cleaned = iter(self._cleaned(texts, is_detail=_is_detail(record)))
        for (_, value), text in zip(told, texts[1::2], strict=True):
            key, said = next(cleaned), next(cleaned)
            # A whole number may be somebody's, too.
            line.setdefault(key, value if said == text and _is_plain(value) else said)
        return msgspec.json.encode(line).decode()

    def _told(self, record: logging.LogRecord) -> Iterator[tuple[str, object]]:
        yield "logger", record.name
        yield "message", record.getMessage()
        current = self._current()
        if current is not None:
            yield "request", current.id
            if current.account is not None:
                yield "account", current.account
        yield from _ids(record)
        for name, value in vars(record).items():
            if name not in _OWN:
                yield name, value
        if record.exc_info and record.exc_info[0] is not None:
            yield "exception", self.formatException(record.exc_info)
        if record.stack_info:
            yield "stack", self.formatStack(record.stack_info)

    def _cleaned(self, texts: Sequence[str], *, is_detail: bool) -> Sequence[str]:
        """All at once, which takes less time, unless a secret lies across two of them."""
        together = self._scrubber.clean(_APART.join(texts), is_detail=is_detail).split(_APART)
        if len(together) == len(texts):
            return together
        return [self._scrubber.clean(text, is_detail=is_detail) for text in texts]


def _text(value: object) -> str:
    """What a value says, without what UTF-8 cannot."""
    text = value if isinstance(value, str) else repr(value)
    return text if text.isascii() else text.encode(errors="backslashreplace").decode()


def _is_plain(value: object) -> bool:
    """Whether JSON has it, and other programs read it as it is."""
    if isinstance(value, int):
        return abs(value) < _LARGEST
    return value is None or isinstance(value, float)


def _is_detail(record: logging.LogRecord) -> bool:
    return record.levelno < logging.INFO


def _ids(record: logging.LogRecord) -> Iterator[tuple[str, object]]:
    """The values whose names stand in front of them."""
    if not isinstance(record.msg, str) or not isinstance(record.args, tuple):
        return
    for place, name, kind in _named(record.msg):
        if place < len(record.args):
            value = record.args[place]
            is_id = kind == "016x" and isinstance(value, int)
            field = "message_id" if name == "message" else name
            yield field, f"{value:016x}" if is_id else str(value)


@lru_cache(maxsize=512)
def _named(template: str) -> tuple[tuple[int, str, str], ...]:
    """Which arguments of a template are ids: by place, name and kind."""
    wanted = {
        found.start("kind") - 1: (found["name"], found["kind"]) for found in _ID.finditer(template)
    }
    starts = [one.start() for one in _PLACEHOLDER.finditer(template) if one[0] != "%%"]
    return tuple((place, *wanted[start]) for place, start in enumerate(starts) if start in wanted)
