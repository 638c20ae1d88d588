"""
Calls counted in sliding windows in the memory of this process, and patterns of linear time.
"""

from smscore import hookimpl
from smscore.errors import ConfigurationError
from smscore.ports.patterns import PatternEngine
from smscore.ports.policy import RateLimiter
from smscore.registry import Registry

__all__ = [
    "make_pattern_engine",
    "make_rate_limiter",
    "smscore_register_pattern_engines",
    "smscore_register_rate_limiters",
]


def make_pattern_engine() -> PatternEngine:
    """
    An engine for patterns of callers.

    Raises:
        ConfigurationError: RE2 is not installed.
    """
    try:
        from smscore_policy._patterns import LinearPatterns
    except ImportError as cause:
        raise ConfigurationError(
            "rules with patterns need RE2, which is not installed; run pip install google-re2, "
            "with a Python that there is a wheel of it for"
        ) from cause
    return LinearPatterns()


def make_rate_limiter() -> RateLimiter:
    """A rate limiter that has counted nothing yet."""
    from smscore_policy._windows import MovingWindows

    return MovingWindows()


@hookimpl
def smscore_register_pattern_engines(registry: Registry) -> None:
    """Bring the pattern engine along."""
    registry.pattern_engine(make_pattern_engine)


@hookimpl
def smscore_register_rate_limiters(registry: Registry) -> None:
    """Bring the rate limiter along."""
    registry.rate_limiter(make_rate_limiter)
