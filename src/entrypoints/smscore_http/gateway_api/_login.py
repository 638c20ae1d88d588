"""
Who may use the gateway API: a system user with the right permission.
"""

import asyncio

from smscore.domain.credentials import Permission, Principal
from smscore.errors import DeadlinePassed, PermissionDenied
from smscore_http._context import Context

__all__ = ["log_in"]


async def log_in(
    context: Context,
    username: str,
    password: str,
    *,
    address: str,
    permissions: tuple[Permission, ...],
    until: float,
) -> Principal:
    """
    The user behind a name and password from an address, by ``until`` on the event loop's clock.

    Raises:
        DeadlinePassed: too many passwords are being checked.
        AuthenticationFailed: one of them is wrong.
        PermissionDenied: the user holds none of the permissions.
    """
    try:
        async with asyncio.timeout_at(until):
            principal = await context.verify_password(username, password, address=address)
    except TimeoutError as cause:
        raise DeadlinePassed("the password was not checked in time") from cause
    if not any(principal.may(permission) for permission in permissions):
        raise PermissionDenied(f"{principal.subject} lacks the permission {permissions[0].value}")
    return principal
