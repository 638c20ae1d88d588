"""
Who may use the gateway API: a system user with the right permission.
"""

from smscore.domain.credentials import Permission, Principal
from smscore.errors import PermissionDenied
from smscore_http._context import Context

__all__ = ["log_in"]


async def log_in(
    context: Context, username: str, password: str, *, permissions: tuple[Permission, ...]
) -> Principal:
    """
    The user behind a name and password.

    Raises:
        AuthenticationFailed: one of them is wrong.
        PermissionDenied: the user holds none of the permissions.
    """
    principal = await context.verify_password(username, password)
    if not any(principal.may(permission) for permission in permissions):
        raise PermissionDenied(f"{principal.subject} lacks the permission {permissions[0].value}")
    return principal
