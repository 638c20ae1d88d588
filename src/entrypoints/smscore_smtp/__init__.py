"""
From e-mail to SMS: an SMTP listener that makes messages of the mails it is given.
"""

from smscore_smtp._door import SmtpDoor, check_installed, listen, tls_context
from smscore_smtp._options import Client, SmtpOptions, TextFrom, options_of

__all__ = [
    "Client",
    "SmtpDoor",
    "SmtpOptions",
    "TextFrom",
    "check_installed",
    "listen",
    "options_of",
    "tls_context",
]
