"""
Who may use the gateway API: a system user with the right permission.
"""

import base64
import binascii

from smscore.domain.credentials import Permission, Principal
from smscore.errors import AuthenticationFailed, PermissionDenied
from smscore_http._context import Context
from smscore_http._requests import Request
from smscore_http._wire import decode_text
from smscore_http.gateway_api._time_limit import TimeLimit, in_time

__all__ = ["log_in", "log_in_by_header"]


async def log_in(
    context: Context,
    request: Request,
    username: str,
    password: str,
    *,
    permissions: tuple[Permission, ...],
    limit: TimeLimit,
) -> Principal:
    """
    The user behind a name and password.

    Raises:
        DeadlinePassed: too many passwords are being checked.
        AuthenticationFailed: one of them is wrong, or too many were before.
        PermissionDenied: the user holds none of the permissions.
    """
    principal = context.gateway.authenticator.recall(username, password)
    if principal is None:
        verification = context.verify_password(username, password, address=request.address)
        principal = await in_time(verification, limit, what="checking the password")
    return _permitted(principal, permissions)


async def log_in_by_header(
    context: Context, request: Request, *, permissions: tuple[Permission, ...], limit: TimeLimit
) -> Principal:
    """
    The user whose session (RFC 6750) or name and password (RFC 7617) a request brings along.

    Raises:
        DeadlinePassed: too many passwords are being checked.
        AuthenticationFailed: it brings none, or they are wrong.
        PermissionDenied: the user holds none of the permissions.
    """
    scheme, _, secret = request.headers.get(b"authorization", b"").partition(b" ")
    match scheme.lower():
        case b"bearer":
            token = secret.strip().decode("latin-1")
            # On a thread, for it may have to read the store.
            found = context.call(context.gateway.authenticator.session, token)
            user = await in_time(found, limit, what="looking up the session")
            return _permitted(user, permissions)
        case b"basic":
            username, password = _basic(secret)
            return await log_in(
                context, request, username, password, permissions=permissions, limit=limit
            )
        case _:
            raise AuthenticationFailed("the request has neither a bearer token nor a password")


def _basic(encoded: bytes) -> tuple[str, str]:
    try:
        username, colon, password = decode_text(base64.b64decode(encoded.strip())).partition(":")
    except binascii.Error as cause:
        raise AuthenticationFailed("the credentials are not written in base64") from cause
    if not colon:
        raise AuthenticationFailed("the credentials are no name and password")
    return username, password


def _permitted(principal: Principal, permissions: tuple[Permission, ...]) -> Principal:
    if not any(principal.may(permission) for permission in permissions):
        raise PermissionDenied(f"{principal.subject} lacks the permission {permissions[0].value}")
    return principal
