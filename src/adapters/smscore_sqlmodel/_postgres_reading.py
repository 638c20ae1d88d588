"""
How a connection to PostgreSQL is spoken to, and the one that reads.
"""

from typing import Any

import psycopg

from smscore_sqlmodel._database import Cells
from smscore_sqlmodel._postgres import FAULTS, Link, PostgresServer, is_alive, translated
from smscore_sqlmodel._postgres_pipeline import Answer, Asked, Pipeline
from smscore_sqlmodel._postgres_texts import restored, without_nul
from smscore_sqlmodel._spelling import spelled

__all__ = ["IDLE", "PostgresReading", "Speaking"]

IDLE = psycopg.pq.TransactionStatus.IDLE
_SOUND = (IDLE, psycopg.pq.TransactionStatus.INTRANS)
_LOOK: Asked = ("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", ())
_ROLLBACK: Asked = ("ROLLBACK", ())


class Speaking:
    """
    What reading and writing have in common: a connection, and how it is spoken to.

    ``_ahead`` is what goes there together with the next statement: its answer tells nothing.
    """

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._ahead: list[Asked] = []
        self._use(server.connect())

    def _use(self, link: Link) -> None:
        self.raw = link
        self.process: int = link.info.backend_pid
        """By which number others know who told them something, also when it is closed."""
        self._pipeline = Pipeline(link)

    def fetch(self, sql: str, parameters: Cells = ()) -> list[Any]:
        [answer] = self._ask((spelled(sql), parameters))
        return restored(answer.rows)

    def close(self) -> None:
        self.raw.close()

    def _ask(self, *asked: Asked) -> list[Answer]:
        try:
            # What is refused here was not sent, nor what is ahead of it.
            steps = self._pipeline.steps(*self._ahead, *asked)
            count, self._ahead = len(self._ahead), []
            return self._pipeline.execute(steps)[count:]
        except psycopg.DataError as cause:
            clean = [(sql, without_nul(cells)) for sql, cells in asked]
            if self.is_failed or clean == list(asked):
                raise translated(cause) from cause
        except FAULTS as cause:
            raise translated(cause) from cause
        return self._ask(*clean)

    @property
    def is_failed(self) -> bool:
        return self.raw.closed or self.raw.info.transaction_status not in _SOUND


class PostgresReading(Speaking):
    """See :class:`smscore_sqlmodel._database.Reading`."""

    def __init__(self, server: PostgresServer) -> None:
        super().__init__(server)
        try:
            server.check_opened(self.raw)
        except Exception:
            self.raw.close()
            raise

    @property
    def is_stale(self) -> bool:
        return not is_alive(self.raw)

    def begin(self) -> None:
        self._ahead = [_LOOK]

    def end(self) -> None:
        self._ahead = []  # nothing was asked
        if not self.raw.closed and self.raw.info.transaction_status != IDLE:
            self._ask(_ROLLBACK)
