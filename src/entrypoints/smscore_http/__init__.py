"""
The HTTP surfaces over one gateway: the gateway API, the queue API and the provider API.
"""

from smscore_http._requests import ClientGone, Reply, Request
from smscore_http._surfaces import Surfaces
from smscore_http.app import create_app

__all__ = ["ClientGone", "Reply", "Request", "Surfaces", "create_app"]
