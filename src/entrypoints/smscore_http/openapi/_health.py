"""
The health checks.
"""

from smscore_http.health import Live, Ready
from smscore_http.openapi._gateway_answers import text_answers
from smscore_http.openapi._operations import Example, Operation, Response

__all__ = ["OPERATIONS", "TAG"]

TAG = "Health"

OPERATIONS = (
    Operation(
        method="get",
        path="/health/live",
        id="getLive",
        tag=TAG,
        summary="Say that the process answers",
        responses=text_answers(Response(description="It does", shape=Live)),
        examples=(Example(name="live", said={"status": "ok"}),),
    ),
    Operation(
        method="get",
        path="/health/ready",
        id="getReady",
        tag=TAG,
        summary="Say whether messages can be accepted durably",
        responses={
            **text_answers(Response(description="They can", shape=Ready)),
            503: Response(description="They cannot", shape=Ready),
        },
        examples=(
            Example(
                name="ready",
                said={
                    "status": "ready",
                    "checks": [
                        {"name": "store", "status": "ok", "detail": None},
                        {"name": "channel modem-1", "status": "ok", "detail": None},
                    ],
                },
            ),
        ),
    ),
)
