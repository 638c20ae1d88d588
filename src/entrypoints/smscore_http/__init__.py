"""
The HTTP surfaces: three APIs and the health checks, as one ASGI application to serve or to mount.
"""

from smscore_http.app import create_app

__all__ = ["create_app"]
