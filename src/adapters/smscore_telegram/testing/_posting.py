"""
Posting an update to a webhook, as Telegram does.
"""

from http.client import HTTPConnection
from urllib.parse import urlsplit

from smscore_telegram.testing._state import Webhook

__all__ = ["post"]

_PATIENCE = 30.0


def post(webhook: Webhook, update: bytes) -> int:
    """The status of the answer. Without TLS, for it is on loopback; logs no address."""
    url = urlsplit(webhook.url)
    headers = {"Content-Type": "application/json"}
    if webhook.secret is not None:
        headers["X-Telegram-Bot-Api-Secret-Token"] = webhook.secret
    connection = HTTPConnection(url.netloc, timeout=_PATIENCE)
    try:
        connection.request("POST", url.path, update, headers)
        return connection.getresponse().status
    finally:
        connection.close()
