"""
The comparison: the same promise, kept the obvious way. One ORM transaction for each request.

It checks the key, counts the segments, takes the credits, writes message, ledger entry and event,
and commits to SQLite with ``synchronous=FULL``, in Starlette's thread pool.
"""

import hashlib
import os
import time
from typing import Any

import msgspec
from sqlalchemy import event
from sqlmodel import Field, Session, SQLModel, create_engine, select
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from smscore.domain.segments import split


class Account(SQLModel, table=True):
    """Who pays."""

    id: int | None = Field(default=None, primary_key=True)
    key_digest: str = Field(index=True)
    credits: int
    used: int = 0


class Message(SQLModel, table=True):
    """What is to be sent."""

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(index=True)
    recipient: str
    text: str
    status: str = Field(default="queued", index=True)
    segments: int
    created_at: float


class Entry(SQLModel, table=True):
    """What was paid."""

    id: int | None = Field(default=None, primary_key=True)
    account_id: int = Field(index=True)
    credits: int
    message_id: int


class Event(SQLModel, table=True):
    """What happened."""

    id: int | None = Field(default=None, primary_key=True)
    message_id: int = Field(index=True)
    kind: str
    at: float


engine = create_engine(
    os.environ["NAIVE_URL"], connect_args={"timeout": 30, "isolation_level": None}
)


@event.listens_for(engine, "begin")
def _begin(connection: Any) -> None:
    """A transaction that reads first and writes then would fail when another was faster."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@event.listens_for(engine, "connect")
def _pragmas(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


SQLModel.metadata.create_all(engine)
KEY = os.environ["NAIVE_KEY"]
with Session(engine) as session:
    if not session.exec(select(Account)).first():
        digest = hashlib.sha256(KEY.encode()).hexdigest()
        session.add(Account(key_digest=digest, credits=10**9))
        session.commit()


def store(key: str, recipient: str, text: str) -> tuple[int, int]:
    """One message, one transaction."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    with Session(engine) as session:
        account = session.exec(select(Account).where(Account.key_digest == digest)).one()
        segments = split(text).count
        account.credits -= segments
        account.used += 1
        message = Message(
            account_id=account.id or 0,
            recipient=recipient,
            text=text,
            segments=segments,
            created_at=time.time(),
        )
        session.add(message)
        session.flush()
        number = message.id or 0
        session.add(Entry(account_id=account.id or 0, credits=-segments, message_id=number))
        session.add(Event(message_id=number, kind="message.queued", at=time.time()))
        left = account.credits
        session.commit()
        return number, left


async def accept(request: Request) -> Response:
    """Authenticate, store, answer."""
    key = request.headers["authorization"].removeprefix("Bearer ")
    body = msgspec.json.decode(await request.body())
    number, left = await run_in_threadpool(store, key, body["to"], body["message"])
    answer = {
        "success": True,
        "message_id": f"msg_{number:016x}",
        "credits_used": 1,
        "credits_remaining": left,
        "status": "queued",
    }
    return Response(msgspec.json.encode(answer), media_type="application/json")


app = Starlette(routes=[Route("/v1/messages", accept, methods=["POST"])])
