"""
Showing everything at work without any hardware.
"""

from smscore_server.demo._command import demo

__all__ = ["demo"]
