"""
The demo's account and its secrets, the same in every run.
"""

import json
import os
import secrets
from pathlib import Path

import attrs
import cattrs
from cattrs.errors import BaseValidationError

from smscore import Gateway
from smscore.domain.credentials import Permission
from smscore.errors import AuthenticationFailed, NotFound
from smscore_server._output import Failure

__all__ = ["Credentials", "prepare"]

ACCOUNT = "demo"
_CREDITS = 1000


@attrs.frozen(kw_only=True)
class Credentials:
    """What the demo shows on purpose, again and again; other installations store no secret."""

    username: str
    password: str = attrs.field(repr=False)
    key: str = attrs.field(default="", repr=False)
    token: str = attrs.field(default="", repr=False)
    account: str = ACCOUNT


def prepare(gateway: Gateway, file: Path) -> Credentials:
    """
    The demo's credentials, with whatever was missing in the file or the store made anew.

    Raises:
        Failure: the file is damaged.
    """
    kept = _read(file)
    if kept is None:
        # On the disk before the user exists: a password that nobody knows would block the name.
        kept = Credentials(username=_free_name(gateway), password=secrets.token_urlsafe(12))
        _write(file, kept)
    _ensure_account(gateway)
    _ensure_user(gateway, kept)
    complete = attrs.evolve(
        kept,
        key=kept.key if _is_valid(gateway, kept.key) else _new_key(gateway),
        token=gateway.administration.token(ACCOUNT).secret,
    )
    if complete != kept:
        _write(file, complete)
    return complete


def _read(file: Path) -> Credentials | None:
    try:
        content = json.loads(file.read_text("utf-8"))
        return cattrs.structure(content, Credentials)
    except FileNotFoundError:
        return None
    except (ValueError, BaseValidationError) as cause:
        raise Failure(
            f"{file} is damaged; remove it, and the demo makes new credentials"
        ) from cause


def _write(file: Path, credentials: Credentials) -> None:
    draft = file.with_name(file.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as target:
        json.dump(attrs.asdict(credentials), target, indent=2)
        target.flush()
        os.fsync(target.fileno())
    draft.replace(file)


def _free_name(gateway: Gateway) -> str:
    taken = {user.name for user in gateway.administration.users()}
    candidates = (ACCOUNT if n == 1 else f"{ACCOUNT}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in candidates if name not in taken)


def _ensure_account(gateway: Gateway) -> None:
    try:
        gateway.inquiry.account_named(ACCOUNT)
    except NotFound:
        gateway.administration.create_account(ACCOUNT, credits=_CREDITS, home_country="DE")


def _ensure_user(gateway: Gateway, kept: Credentials) -> None:
    if kept.username not in {user.name for user in gateway.administration.users()}:
        gateway.administration.create_user(
            kept.username,
            account=ACCOUNT,
            password=kept.password,
            permissions={Permission.API_SEND, Permission.API_STATUS},
        )


def _is_valid(gateway: Gateway, key: str) -> bool:
    try:
        gateway.authenticator.key(key)
    except AuthenticationFailed:
        return False
    return True


def _new_key(gateway: Gateway) -> str:
    return gateway.administration.create_key(ACCOUNT, label="demo").secret
