"""
A simulated phone: fetches what waits in the queue, and reports that it was sent.
"""

import json
import logging
import threading
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import quote, urlsplit

__all__ = ["Phone"]

_log = logging.getLogger(__name__)
_INTERVAL = 2.0
_TIMEOUT = 10.0
_SENT = 2
_NAME = "demo phone"


class Phone:
    """Speaks to the queue API over real HTTP, from a thread of its own, every two seconds."""

    def __init__(self, *, url: str, token: str) -> None:
        self._address = urlsplit(url)
        self._token = token
        self._unreported: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="smscore demo phone", daemon=True)

    def start(self) -> None:
        """Begin to fetch."""
        self._thread.start()

    def stop(self) -> None:
        """End, whatever is under way; may be called without a start."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            pause = _INTERVAL
            try:
                pause = self._look()
            except (OSError, HTTPException, ValueError) as fault:
                # The address holds the token: only the kind of fault is told.
                _log.warning("the phone had no luck: %s", type(fault).__name__)
            self._stop.wait(pause)

    def _look(self) -> float:
        """One round; says how long to rest."""
        status, wait, found = self._call("GET", f"get_messages?limit=200&device={quote(_NAME)}")
        if status == 200:
            self._unreported += [message["hash"] for message in found]
        if self._unreported and status == 200:
            reports = [{"hash": one, "status": _SENT} for one in self._unreported]
            status, wait, _ = self._call("POST", "status", {"device": _NAME, "messages": reports})
            if status == 200:
                _log.info("the phone sent %d messages", len(self._unreported))
                self._unreported.clear()
        if status != 200:
            _log.warning("the phone was answered %d", status)
        return wait

    def _call(self, method: str, path: str, document: Any = None) -> tuple[int, float, Any]:
        connection = HTTPConnection(
            self._address.hostname or "", self._address.port, timeout=_TIMEOUT
        )
        try:
            body = None if document is None else json.dumps(document).encode()
            headers = {"Content-Type": "application/json"} if body else {}
            connection.request(method, f"/api/{self._token}/{path}", body=body, headers=headers)
            answer = connection.getresponse()
            wait = max(_INTERVAL, float(answer.getheader("Retry-After") or 0))
            return answer.status, wait, json.loads(answer.read())
        finally:
            connection.close()
