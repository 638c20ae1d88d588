"""
The calls of the queue API: those with a token, and those for everybody.
"""

from typing import Annotated, Any

from smscore.domain.devices import LONGEST_NAME
from smscore_http._faults import Coded
from smscore_http._schemas import said, spelt
from smscore_http.openapi._operations import Example, Operation, Parameter, Response
from smscore_http.openapi._parameters import IDEMPOTENCY_HEADER, IDEMPOTENCY_PARAMETER
from smscore_http.openapi._queue_answers import COUNTED, coded_answers, token_answers
from smscore_http.queue_api._apps import CODE
from smscore_http.queue_api._calls import LONGEST_PAGE, PAGE
from smscore_http.queue_api._downloads import CHANGED, NOT_SATISFIABLE
from smscore_http.queue_api._replies import NO_ACTIVE_VERSION, VERSION_NOT_FOUND
from smscore_http.queue_api._shapes import (
    ActiveApp,
    AppList,
    Batch,
    BatchAnswer,
    FetchedMessage,
    Report,
    ReportAnswer,
)
from smscore_http.queue_api.postman import VARIABLES

__all__ = ["OPERATIONS", "TAG"]

TAG = "Queue API"

_TOKEN = Parameter(
    name="token",
    place="path",
    shape=Annotated[str, spelt("[0-9a-f]{64}")],
    description="That of the account: who has it is logged in. `smscore token create` shows it.",
)
_RANGE = Parameter(
    name="Range",
    place="header",
    shape=str,
    description="Which part of the file, such as `bytes=0-99`.",
)
_APK = "application/vnd.android.package-archive"
_FIRST, _SECOND = "019ac41d7d000000", "019ac41d7d000001"
_NUMBER, _OTHER = "+1234567890", "0712345678"


def _with_token(method: str, path: str, **fields: Any) -> Operation:
    parameters = (_TOKEN, *fields.pop("parameters", ()))
    return Operation(method=method, path=path, tag=TAG, parameters=parameters, **fields)


def _refused_whole(shape: Any) -> Response:
    return Response(
        description="Nothing in it could be used; `errors` says of each item why.",
        shape=shape,
        headers=COUNTED,
    )


def _file(*refusals: Any) -> dict[int, Response]:
    whole = Response(description="The file", shape=_BINARY, content_type=_APK)
    part = Response(
        description="The part of it that was asked for", shape=_BINARY, content_type=_APK
    )
    return {
        **coded_answers(whole, *refusals, CHANGED, NOT_SATISFIABLE),
        206: part,
        304: Response(description="It is the file that the client has"),
    }


_BINARY: Any = {}  # OpenAPI 3.1: bytes of a media type of their own have no schema

OPERATIONS = (
    _with_token(
        "post",
        "/api/{token}/queue",
        id="queueMessages",
        summary="Put messages into the queue",
        description="If some are good and others are not, the good ones are queued.",
        parameters=(IDEMPOTENCY_HEADER, IDEMPOTENCY_PARAMETER),
        body=Batch,
        responses={
            **token_answers(
                BatchAnswer, "insufficient_credits", "idempotency_conflict", per_month=True
            ),
            422: _refused_whole(BatchAnswer),
        },
        examples=(
            Example(
                name="two",
                body=[
                    {"phone": _NUMBER, "message": "Your parcel is here"},
                    {"phone": _OTHER, "message": "So is yours"},
                ],
                said={
                    "ok": True,
                    "queued": 2,
                    "failed": 0,
                    "items": [
                        {"index": 0, "hash": _FIRST, "phone": _NUMBER},
                        {"index": 1, "hash": _SECOND, "phone": _OTHER},
                    ],
                    "errors": [],
                },
            ),
            Example(
                name="bad",
                status=422,
                body={"phone": "12345", "message": "Test"},
                said={
                    "ok": False,
                    "queued": 0,
                    "failed": 1,
                    "items": [],
                    "errors": [{"index": 0, "error": "Invalid phone format"}],
                },
            ),
        ),
    ),
    _with_token(
        "get",
        "/api/{token}/get_messages",
        id="fetchMessages",
        summary="Fetch messages to send, which makes them this phone's own",
        parameters=(
            Parameter(
                name="limit",
                place="query",
                shape=Annotated[int, said("", default=PAGE)],
                description=f"How many at most: 1 to {LONGEST_PAGE}.",
            ),
            Parameter(
                name="device",
                place="query",
                shape=Annotated[str, said("", maxLength=LONGEST_NAME)],
                description="Which phone, where there are several.",
            ),
        ),
        responses={
            **token_answers(list[FetchedMessage], too_large=False),
            422: Response(
                name="Token.invalid_request",
                description="The query has more parameters than anybody needs.",
                shape=Coded,
                headers=COUNTED,
            ),
        },
        examples=(
            Example(
                name="two",
                said=[
                    {"phone": _NUMBER, "text": "Your parcel is here", "hash": _FIRST},
                    {"phone": _OTHER, "text": "So is yours", "hash": _SECOND},
                ],
            ),
        ),
    ),
    _with_token(
        "post",
        "/api/{token}/status",
        id="reportMessages",
        summary="Tell what became of messages",
        description="It may be told again: the answer is the same, and nothing happens twice.",
        body=Report,
        responses={
            **token_answers(ReportAnswer),
            422: _refused_whole(ReportAnswer),
        },
        examples=(
            Example(
                name="two",
                body={
                    "device": "MyPhone",
                    "messages": [
                        {"hash": _FIRST, "status": 2},
                        {"hash": _SECOND, "status": 3},
                    ],
                },
                said={"ok": True, "updated": 2},
            ),
            Example(
                name="empty",
                status=422,
                body={"messages": []},
                said={
                    "ok": False,
                    "updated": 0,
                    "errors": [{"index": 0, "error": "No messages given"}],
                },
            ),
        ),
    ),
    Operation(
        method="get",
        path="/api/app-version",
        id="getAppVersion",
        tag=TAG,
        summary="Say which version of the app phones are to have",
        responses=coded_answers(Response(description="It", shape=ActiveApp), NO_ACTIVE_VERSION),
        examples=(
            Example(
                name="active",
                said={
                    "version": "1.2.0",
                    "versionCode": 5,
                    "downloadUrl": "https://sms.example.com/download/app.apk",
                    "releaseNotes": "- Bug fixes",
                    "fileSize": 1024000,
                    "publishedAt": "2026-01-26T12:00:00+00:00",
                },
            ),
        ),
    ),
    Operation(
        method="get",
        path="/api/app-versions",
        id="listAppVersions",
        tag=TAG,
        summary="List the versions of the app that can be downloaded",
        responses=coded_answers(Response(description="They", shape=AppList)),
        examples=(
            Example(
                name="one",
                said={
                    "versions": [
                        {
                            "version": "1.2.0",
                            "versionCode": 5,
                            "isActive": True,
                            "downloadUrl": "https://sms.example.com/api/download/5",
                            "releaseNotes": "- Bug fixes",
                            "fileSize": 1024000,
                            "publishedAt": "2026-01-26T12:00:00+00:00",
                        }
                    ]
                },
            ),
        ),
    ),
    Operation(
        method="get",
        path="/download/app.apk",
        id="downloadApp",
        tag=TAG,
        summary="Download the version of the app that phones are to have",
        parameters=(_RANGE,),
        responses=_file(NO_ACTIVE_VERSION),
    ),
    Operation(
        method="get",
        path="/api/download/{version_code}",
        id="downloadAppVersion",
        tag=TAG,
        summary="Download a version of the app",
        parameters=(
            Parameter(
                name="version_code",
                place="path",
                shape=Annotated[str, spelt(CODE.pattern)],
                description="The version's `versionCode`.",
            ),
            _RANGE,
        ),
        responses=_file(VERSION_NOT_FOUND),
    ),
    *(
        Operation(
            method="get",
            path=f"/postman/{name}",
            id=f"getPostman{name.capitalize()}",
            tag=TAG,
            summary=f"Download these calls for Postman: the {name}",
            responses=coded_answers(Response(description="The file", shape={"type": "object"})),
        )
        for name in VARIABLES
    ),
)
