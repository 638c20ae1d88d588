"""
A stand-in for a relay: strict SMTP on loopback, which keeps what it is given, and its bad days.
"""

from smscore_email.testing._relay import Dropped, FakeRelay, Held, Mail, Refused, Step

__all__ = ["Dropped", "FakeRelay", "Held", "Mail", "Refused", "Step"]
