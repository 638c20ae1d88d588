"""
Logging of the server: one line each on one stream, with secrets and numbers taken out.
"""

import logging
import re
import time
from typing import TextIO

__all__ = ["set_up_logging", "stop_access_log"]

_SECRETS = re.compile(
    r"(?P<name>\b(?:password|idempotency_key|token|secret)=)[^&\s\"']+"  # query strings, forms
    r"|(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])"  # queue tokens
    r"|\b(?:sk|whsec)_[A-Za-z0-9_+/=-]{8,}"  # provider keys, webhook secrets
    r"|(?P<bearer>\bBearer )\S+",
    re.IGNORECASE,
)
# Message ids are 16 hex digits and must survive, even those without a letter.
_NUMBERS = re.compile(r"(?<![\w.])(\+?[0-9]{5})[0-9]{3,10}(?![\w.])")


def set_up_logging(stream: TextIO, *, level: int = logging.INFO) -> None:
    """Send the logs of the whole process to a stream."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Scrubber())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # uvicorn's own start and stop lines say less than ours.
    logging.getLogger("uvicorn").setLevel(max(level, logging.WARNING))
    # aiosmtpd tells every command, and so who wrote to whom by mail.
    logging.getLogger("mail.log").setLevel(logging.WARNING if level >= logging.INFO else level)
    # Who asks for a thread's or process's name would find it missing; our format does not.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False


def stop_access_log() -> None:
    """Write no line for each request."""
    logging.getLogger("smscore.http.access").setLevel(logging.WARNING)


class Scrubber(logging.Formatter):
    """Formats a record, its traceback included, and blackens what must not stay in a file."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        line = _SECRETS.sub(_blacken, super().format(record))
        return line if record.levelno < logging.INFO else _NUMBERS.sub(r"\1…", line)


def _blacken(found: re.Match[str]) -> str:
    return f"{found['name'] or found['bearer'] or ''}***"
