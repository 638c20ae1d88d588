"""
A stand-in for Telegram: a strict Bot API on loopback, people who use it, and bad days.
"""

from smscore_telegram.testing._answers import Dropped, Held, Refused
from smscore_telegram.testing._people import Person
from smscore_telegram.testing._state import Sent, Webhook
from smscore_telegram.testing._telegram import FakeTelegram, Request

__all__ = ["Dropped", "FakeTelegram", "Held", "Person", "Refused", "Request", "Sent", "Webhook"]
