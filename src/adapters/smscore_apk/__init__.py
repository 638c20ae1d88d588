"""
Android packages: what a file says of itself, read where it can do no harm.
"""

from smscore_apk._reading import read_apk

__all__ = ["read_apk"]
