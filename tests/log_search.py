"""
Looks for secrets in every line that is logged in the whole suite; the test that logged one fails.

Searched are the records of all loggers of the test's own process, down to the last detail and
before anything is blackened, the standard error of servers, which whoever starts one hands to
:func:`search`, and all files ``*.log`` below the test's directory. So is what is measured: whoever
makes a gateway behind its doors hands over its numbers and spans, see :mod:`measured`.

Every secret of a test is recognisable: what smscore makes has a form of its own, and passwords of
tests look like one of those below, which a test of the sources keeps. What is made at random and
has no form, such as the password of a demo, is read from where it is kept.
"""

import json
import logging
import re
from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from _pytest.logging import LogCaptureHandler

__all__ = ["PASSWORD", "LogSearch", "search"]

PASSWORD = re.compile(r"\b\w+-word\b|\bgood (?:pass)?word\b|correct horse|geheim", re.IGNORECASE)
"""How a password of a test looks."""

_BOT_TOKEN = re.compile(r"(?<![0-9])[0-9]{6,10}(?::|%3A)[A-Za-z0-9_-]{10,}")
_SECRET = re.compile(
    rf"{PASSWORD.pattern}|{_BOT_TOKEN.pattern}"
    r"|\b(?:sk|whsec)_[A-Za-z0-9+/=_-]{8,}"  # provider keys, secrets of webhooks
    r"|(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])"  # queue tokens
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"  # sessions
    r"|\$argon2|\$2[aby]\$"  # hashes of passwords
    r"|CPIN=\W*[0-9]{4}|\bpin\b\W{1,4}[0-9]{4,8}\b",  # PINs of SIM cards
    re.IGNORECASE,
)

# The tests' own client logs whole addresses, with the passwords that the tests put there. It is
# the same that carries bots' tokens to Telegram, and these are never in a test's own request.
_CLIENTS = ("httpx2", "httpcore2")

_OURS = logging.DEBUG - 1  # a level that nobody else sets

_found: list[str] = []
_handed_over: Counter[str] = Counter()  # lines, by what they are of
_MEASURED = ("/metrics", "spans")


def search(lines: Iterable[str], *, of: str, literally: Iterable[str] = ()) -> None:
    """Note every line that holds a secret, or one of the texts that are literally given."""
    literals = [text for text in literally if text]
    for line in lines:
        _handed_over[of] += 1
        if _SECRET.search(line) or any(text in line for text in literals):
            _found.append(f"{of}: {line.strip()}")


class LogSearch(logging.Handler):
    """A plugin of pytest, and the handler that it puts before all loggers."""

    def __init__(self) -> None:
        super().__init__()
        self.searched = 0
        ours = {one.name for one in iter_modules() if one.name.startswith("smscore")}
        self._expected = ours.union(_CLIENTS)  # also before they log for the first time

    def emit(self, record: logging.LogRecord) -> None:
        self.searched += 1
        line = self.format(record)
        secret = _BOT_TOKEN if record.name.startswith(_CLIENTS) else _SECRET
        if secret.search(line):
            _found.append(f"{record.name}: {line}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        self._listen()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        self._listen()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, None, None]:
        self._listen()
        yield
        directory = getattr(item, "funcargs", {}).get("tmp_path")
        if directory is not None:
            _search_files(directory)
        if _found:
            lines, _found[:] = list(dict.fromkeys(_found)), []
            pytest.fail(f"{item.nodeid} logged a secret:\n" + "\n".join(lines), pytrace=False)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        output = getattr(session.config, "workeroutput", None)
        if output is not None:
            output["searched"] = self.searched
            output["measured"] = {name: _handed_over[name] for name in _MEASURED}

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        output = getattr(node, "workeroutput", {})
        self.searched += output.get("searched", 0)
        _handed_over.update(output.get("measured", {}))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.write_line(f"log lines searched for secrets: {self.searched}")
        measured = ", ".join(f"{_handed_over[name]} of {name}" for name in _MEASURED)
        terminalreporter.write_line(f"lines of what is measured: {measured}")

    def _listen(self) -> None:
        """Hear everything, also when a test has set up logging as the server does."""
        root = logging.getLogger()
        if self not in root.handlers:
            root.addHandler(self)
        for handler in root.handlers:
            if isinstance(handler, LogCaptureHandler):
                handler.addFilter(_is_asked_for)
        known = {name.partition(".")[0] for name in root.manager.loggerDict}
        for name in known | self._expected:
            logger = logging.getLogger(name)
            if logger.level == logging.NOTSET:
                logger.setLevel(_OURS)


def _is_asked_for(record: logging.LogRecord) -> bool:
    """Whether a test would see the record if nobody searched: it sees no other."""
    logger = logging.getLogger(record.name)
    while logger.parent is not None and logger.level in (logging.NOTSET, _OURS):
        logger = logger.parent
    return record.levelno >= logger.level


def _search_files(directory: Path) -> None:
    secrets = [
        value
        for path in directory.rglob("*credentials*.json")
        for name, value in json.loads(path.read_text()).items()
        if name in ("password", "key", "token")
    ]
    for path in directory.rglob("*.log"):
        search(path.read_text(errors="replace").splitlines(), of=path.name, literally=secrets)
