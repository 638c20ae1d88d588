"""
Who is asking: passwords, sessions, provider keys and queue tokens, checked against the store.
"""

from smscore import hookimpl
from smscore.ports.clock import Clock, SystemClock
from smscore.ports.identity import Authenticator
from smscore.ports.storage import Store
from smscore.registry import Registry

__all__ = ["make_authenticator", "smscore_register_authenticators"]


def make_authenticator(store: Store, key: bytes, clock: Clock | None = None) -> Authenticator:
    """An authenticator over a store; ``key`` is the content of the key file."""
    from smscore_identity._authenticator import StoreAuthenticator

    return StoreAuthenticator(store=store, key=key, clock=clock or SystemClock())


@hookimpl
def smscore_register_authenticators(registry: Registry) -> None:
    """Bring the authenticator along."""
    registry.authenticator(make_authenticator)
