"""
``/api/signin``: a session for a name and a password.
"""

import msgspec

from smscore.domain.credentials import Permission
from smscore.errors import InvalidRequest
from smscore_http._context import Context
from smscore_http._requests import Reply, Request
from smscore_http._wire import encode_json
from smscore_http.gateway_api._json import read_json
from smscore_http.gateway_api._login import log_in
from smscore_http.gateway_api._shapes import Credentials, Session
from smscore_http.gateway_api._time_limit import time_limit

__all__ = ["SigningIn"]


_decoder = msgspec.json.Decoder(Credentials)


class SigningIn:
    """The handler. Only who may send gets a session, for there is nothing else to do with one."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, request: Request) -> Reply:
        limit = time_limit(self._context)
        body = await read_json(request, _decoder, limit)
        if not body.username or not body.password:
            raise InvalidRequest("username and password are required")
        user = await log_in(
            self._context,
            request,
            body.username,
            body.password,
            permissions=(Permission.API_SEND,),
            limit=limit,
        )
        # On a thread: the library behind it is loaded when it is first needed.
        new_session = self._context.gateway.authenticator.new_session
        session = await self._context.call(new_session, user)
        expires_at = int(session.expires_at.timestamp())
        return Reply(200, encode_json(Session(token=session.token, expires_at=expires_at)))
