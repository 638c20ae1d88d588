"""
Who may do how much: calls counted in sliding windows, in the memory of this process.
"""

from smscore import hookimpl
from smscore.ports.policy import RateLimiter
from smscore.registry import Registry

__all__ = ["make_rate_limiter", "smscore_register_rate_limiters"]


def make_rate_limiter() -> RateLimiter:
    """A rate limiter that has counted nothing yet."""
    from smscore_policy._windows import MovingWindows

    return MovingWindows()


@hookimpl
def smscore_register_rate_limiters(registry: Registry) -> None:
    """Bring the rate limiter along."""
    registry.rate_limiter(make_rate_limiter)
