"""
Webhooks: what an account's owner does with them, and telling endpoints what happened.
"""

from smscore.services.webhooks._announcing import Announcing
from smscore.services.webhooks._managing import Webhooks
from smscore.services.webhooks._overview import History, Troubles
from smscore.services.webhooks._pushes import Pushes, PushStory
from smscore.services.webhooks._replaying import Deliveries
from smscore.services.webhooks._signing import Secrets

__all__ = [
    "Announcing",
    "Deliveries",
    "History",
    "PushStory",
    "Pushes",
    "Secrets",
    "Troubles",
    "Webhooks",
]
