"""
Saying what is wrong with an installation.
"""

from smscore_server.check._command import check

__all__ = ["check"]
