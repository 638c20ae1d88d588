"""
The ranges that ``=?`` lists (27.007, 4.2), and whether what a client sets is within them.
"""

import re
from collections.abc import Sequence

__all__ = ["allows"]

_LIST = re.compile(r"\(([^()]*)\)")
_ITEM = re.compile(r'"([^"]*)"|(\d+)-(\d+)|(\d+)')


def allows(ranges: str, arguments: Sequence[str]) -> bool:
    """
    Whether every argument is in the list at its place; an omitted one is.

    Arguments without a list of their own are free.
    """
    lists = [_ITEM.findall(found) for found in _LIST.findall(ranges)]
    return all(
        not argument or any(_is_in(argument, item) for item in items)
        for argument, items in zip(arguments, lists, strict=False)
    )


def _is_in(argument: str, item: tuple[str, str, str, str]) -> bool:
    text, lowest, highest, only = item
    if text:
        return argument == text
    if not argument.isdecimal():
        return False
    return int(lowest or only) <= int(argument) <= int(highest or only)
