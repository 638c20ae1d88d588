"""
Statements that go to PostgreSQL together, and whose answers come back together.

A batch of units is a dozen statements, and each that is sent by itself waits for its answer.
psycopg's own pipelines cost more processor time than that waiting, so this speaks to libpq through
its `psycopg.pq`; texts, numbers and errors are converted by psycopg.
"""

import itertools
import select
from collections.abc import Sequence
from typing import Any, TypeAlias

import attrs
import psycopg
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result

from smscore_sqlmodel._database import Cells

__all__ = ["Answer", "Asked", "Pipeline", "Step"]

Asked: TypeAlias = tuple[str, Cells]
"""A statement with numbered parameters, and these."""

_MOST_PREPARED = 1_000  # of a connection; nearly all are texts that stand in this package
_GOOD = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)


@attrs.frozen
class Answer:
    """What came of one statement: its rows, and how many it concerned."""

    rows: list[Any]
    count: int


class Pipeline:
    """One connection's way of being asked. One thread at a time; blocks until all is answered."""

    def __init__(self, link: psycopg.Connection[Any]) -> None:
        self._link = link.pgconn
        self._poll = select.poll()
        self._poll.register(self._link.socket, select.POLLIN)
        self._transformer = Transformer(link)
        self._prepared: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self._numbers = itertools.count()

    def steps(self, *asked: Asked) -> list["Step"]:
        """
        The statements as they are sent.

        Raises:
            psycopg.Error, ValueError, OverflowError: a value cannot be written.
        """
        return [self._step(sql, cells) for sql, cells in asked]

    def execute(self, steps: Sequence["Step"]) -> list[Answer]:
        """
        Execute them in their order: if one fails, those behind it are not executed.

        Raises:
            psycopg.Error: one has failed, or the connection is lost.
        """
        try:
            results = self._exchange(steps)
        except BaseException:
            self._link.finish()  # nobody knows any more what is answered next
            raise
        for result in results:
            if result.status not in _GOOD:
                raise error_from_result(result)
        return [self._answer(result) for result in results]

    def _step(self, sql: str, cells: Cells) -> "Step":
        formats = [PyFormat.AUTO] * len(cells)
        return Step(
            sql=sql,
            cells=self._transformer.dump_sequence(cells, formats),
            types=self._transformer.types or (),
            formats=self._transformer.formats,
        )

    def _exchange(self, steps: Sequence["Step"]) -> list[pq.abc.PGresult]:
        """The results of all; of those behind a failure they say only that."""
        self._link.enter_pipeline_mode()
        for step in steps:
            self._send(step)
        self._link.pipeline_sync()
        self._flush()
        results = [self._result_of(step) for step in steps]
        self._next()  # says that this was all
        self._link.exit_pipeline_mode()
        return results

    def _send(self, step: "Step") -> None:
        key = (step.sql, step.types)
        name = self._prepared.get(key)
        if name is None and len(self._prepared) < _MOST_PREPARED:
            name = self._prepared[key] = b"smscore_%d" % next(self._numbers)
            self._link.send_prepare(name, step.sql.encode(), step.types)
            step.is_prepared_here = True
        if name is None:
            self._link.send_query_params(step.sql.encode(), step.cells, step.types, step.formats)
        else:
            self._link.send_query_prepared(name, step.cells, step.formats)

    def _result_of(self, step: "Step") -> pq.abc.PGresult:
        if not step.is_prepared_here:
            return self._next()
        prepared, executed = self._next(), self._next()
        if prepared.status in _GOOD:
            return executed
        del self._prepared[step.sql, step.types]
        return prepared

    def _flush(self) -> None:
        while self._link.flush():
            self._poll.modify(self._link.socket, select.POLLIN | select.POLLOUT)
            self._poll.poll()
            self._poll.modify(self._link.socket, select.POLLIN)
            self._link.consume_input()  # or the server waits for us while we wait for it

    def _next(self) -> pq.abc.PGresult:
        while True:
            while self._link.is_busy():
                self._poll.poll()
                self._link.consume_input()
            result = self._link.get_result()
            if self._link.status == pq.ConnStatus.BAD:
                raise psycopg.OperationalError(self._link.get_error_message())
            if result is not None:  # else a statement has no more of them
                return result

    def _answer(self, result: pq.abc.PGresult) -> Answer:
        self._transformer.set_pgresult(result)
        rows = self._transformer.load_rows(0, result.ntuples, tuple)
        return Answer(rows=rows, count=result.command_tuples or 0)


@attrs.define(kw_only=True)
class Step:
    """One statement, and its cells as the server takes them."""

    sql: str
    cells: Sequence[Any]
    types: tuple[int, ...]
    formats: Sequence[pq.Format] | None
    is_prepared_here: bool = False
