"""
The HTTP surfaces over one gateway: the gateway API, the queue API and the provider API.
"""

from smscore_http._current import CurrentRequest, current_request
from smscore_http._surfaces import Surfaces
from smscore_http.app import Endpoint, create_app

__all__ = ["CurrentRequest", "Endpoint", "Surfaces", "create_app", "current_request"]
