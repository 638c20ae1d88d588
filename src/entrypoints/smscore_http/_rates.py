"""
Rate limits and the headers that tell of them.

A tariff without a limit is not counted. Its headers show the largest number that every client can
read as an integer, all of it left: there is no agreed word for "unlimited", and clients of these
APIs expect a number there.
"""

from smscore.ports.policy import Rate, RateLimiter, RateState
from smscore_http._requests import Headers

__all__ = ["count", "limit_headers", "refusal_headers", "reset_header", "tell"]

_BOUNDLESS = 2**31 - 1
_UNCOUNTED = RateState(is_allowed=True, limit=_BOUNDLESS, remaining=_BOUNDLESS, reset=1)


def count(limiter: RateLimiter, caller: str, *, amount: int | None, seconds: int) -> RateState:
    """Count a call of the caller; None allows any number."""
    if amount is None:
        return _UNCOUNTED
    return limiter.hit(caller, rate=Rate(amount=amount, seconds=seconds))


def limit_headers(state: RateState) -> Headers:
    """How many calls are allowed, and how many are left."""
    return (
        (b"x-ratelimit-limit", b"%d" % state.limit),
        (b"x-ratelimit-remaining", b"%d" % state.remaining),
    )


def reset_header(state: RateState) -> Headers:
    """Seconds until there is room again."""
    return ((b"x-ratelimit-reset", b"%d" % state.reset),)


def tell(state: RateState) -> Headers:
    """All three: how many calls are allowed and left, and when there is room again."""
    return _OF_UNCOUNTED if state is _UNCOUNTED else (*limit_headers(state), *reset_header(state))


def refusal_headers(state: RateState) -> Headers:
    """When to come back."""
    return ((b"retry-after", b"%d" % state.reset),)


_OF_UNCOUNTED: Headers = (*limit_headers(_UNCOUNTED), *reset_header(_UNCOUNTED))
