"""
Copies of values with some fields changed, for those that are copied for every message.
"""

from typing import Any, TypeVar

__all__ = ["changed"]

T = TypeVar("T")


def changed(value: T, **changes: Any) -> T:
    """
    A copy with these fields changed, made without looking at each of the others.

    It takes a tenth of the time of ``attrs.evolve``, and does not run validators or converters:
    only for classes that have none, and a dictionary (``slots=False``).
    """
    copy = object.__new__(type(value))
    copy.__dict__.update(value.__dict__, **changes)
    return copy
