"""
The parameters of the gateway API: from the query and the body, whatever clients call a form.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from smscore.domain.messages import clean_text
from smscore.errors import InvalidRequest
from smscore_http._requests import Request
from smscore_http._wire import decode_text
from smscore_http.gateway_api._replies import MissingParameter
from smscore_http.gateway_api._time_limit import TimeLimit, received_in_time

__all__ = ["Parameters", "read_parameters"]

_MOST_FIELDS = 1000
_OFF = frozenset({"false", "0", "no", "off"})
_BOUNDARY = re.compile(rb'boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_NAME = re.compile(rb'[;\s]name=(?:"([^"]*)"|([^\s;"]+))', re.IGNORECASE)


class Parameters:
    """Merged parameters; an empty value is a missing one."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name: value for name, value in values.items() if value}

    def get(self, name: str) -> str | None:
        """The value, if there is one."""
        return self._values.get(name)

    def required(self, name: str) -> str:
        """
        The value.

        Raises:
            MissingParameter: there is none.
        """
        value = self._values.get(name)
        if value is None:
            raise MissingParameter(f"the parameter {name!r} is missing")
        return value

    def is_on(self, name: str) -> bool:
        """Whether a switch is there and does not say no."""
        if (value := self._values.get(name)) is None:
            return False
        return bool(value := value.strip().lower()) and value not in _OFF

    def is_off(self, name: str) -> bool:
        """Whether a switch is there and says no."""
        return self._values.get(name, "").strip().lower() in _OFF


async def read_parameters(request: Request, limit: TimeLimit) -> Parameters:
    """
    All parameters of a request: the body wins over the query, and the last of several over others.

    Raises:
        InvalidRequest: there are absurdly many.
        PayloadTooLarge: the body is too long.
        DeadlinePassed: it does not arrive in time.
    """
    values = _form(request.query) if request.query else {}
    if request.method == "POST" and (body := await received_in_time(request, limit)):
        values.update(_body(body, request.headers.get(b"content-type", b"")))
    return Parameters(values)


def _body(body: bytes, content_type: bytes) -> Mapping[str, str]:
    """Clients announce a multipart body and put all into the query: that is no mistake."""
    kind = content_type.partition(b";")[0].strip().lower()
    if kind in (b"application/x-www-form-urlencoded", b""):
        return _form(body)
    boundary = _BOUNDARY.search(content_type)
    if kind == b"multipart/form-data" and boundary is not None:
        return dict(_multipart(body, boundary[1] or boundary[2]))
    return {}


def _form(encoded: bytes) -> dict[str, str]:
    values: dict[str, str] = {}
    pairs = decode_text(encoded).replace("+", " ").split("&")
    if len(pairs) > _MOST_FIELDS:
        raise InvalidRequest(f"more than {_MOST_FIELDS} parameters")
    for pair in pairs:
        name, _, value = pair.partition("=")
        if "%" in name:
            name = unquote(name)
        values[name] = clean_text(unquote(value) if "%" in value else value)
    return values


def _multipart(body: bytes, boundary: bytes) -> Iterator[tuple[str, str]]:
    """The fields of a form (RFC 7578); files and encodings of parts are none of this API's."""
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary, _MOST_FIELDS)
    for part in parts[1:]:
        head, blank_line, value = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if blank_line and name is not None:
            written = name[2] if name[1] is None else name[1]
            yield decode_text(written), clean_text(decode_text(value))
