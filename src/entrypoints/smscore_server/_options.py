"""
The options that commands share, and the values that they parse.
"""

import math
import re
from collections.abc import Callable
from pathlib import Path

import click

__all__ = [
    "Number",
    "WholeNumber",
    "account_option",
    "check_filled",
    "check_text",
    "config_option",
    "json_option",
    "message_argument",
    "message_arguments",
    "parse_id",
    "unneeded_config_option",
]


class WholeNumber(click.IntRange):
    """A range of whole numbers; what is none is not called "no valid integer range"."""

    name = "integer"


class Number(click.FloatRange):
    """A range of numbers; what is none is not called "no valid float range"."""

    name = "number"

    def convert(
        self, value: float, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Parse it; neither infinity nor what is no number lies within any range of ours."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a valid number.", param, ctx)
        return number


def check_text(_ctx: click.Context, _param: click.Parameter, text: str | None) -> str | None:
    """Refuse what was not typed in UTF-8: the store could neither find nor keep it."""
    try:
        (text or "").encode()
    except UnicodeEncodeError as cause:
        raise click.BadParameter(f"{text!r} is not valid UTF-8") from cause
    return text


def check_filled(ctx: click.Context, param: click.Parameter, text: str | None) -> str | None:
    """The same, and refuse an empty one: of a variable that is not set it would mean everything."""
    if text == "":
        raise click.BadParameter("it is empty; leave the option out to mean all")
    return check_text(ctx, param, text)


config_option = click.option(
    "--config",
    "config_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("smscore.toml"),
    show_default=True,
    envvar="SMSCORE_CONFIG",
    show_envvar=True,
    metavar="FILE",
    help="The configuration.",
)

unneeded_config_option = click.option(
    "--config",
    expose_value=False,
    metavar="FILE",
    help="Accepted as everywhere; this command needs none of yours.",
)

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, one document on one line."
)

account_option = click.option(
    "--account", required=True, callback=check_text, metavar="NAME", help="Whose it is."
)


# 64 bits, the top one 0: nothing else was ever given to anybody.
_MESSAGE_ID = re.compile(r"(?:msg_|in_)?([0-7][0-9a-f]{15})")


def _parse_message_id(_ctx: click.Context, _param: click.Parameter, text: str) -> int:
    if found := _MESSAGE_ID.fullmatch(text):
        return int(found[1], 16)
    raise click.BadParameter(
        f"{text!r} is no message id; write its 16 hex digits, with or without 'msg_'"
    )


message_argument = click.argument("message", metavar="ID", callback=_parse_message_id)
"""A message by its id, in any spelling that a surface shows."""


def _parse_message_ids(
    ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]
) -> tuple[int, ...]:
    return tuple(_parse_message_id(ctx, param, text) for text in texts)


message_arguments = click.argument("ids", metavar="[ID]...", nargs=-1, callback=_parse_message_ids)
"""Any number of them."""


_ID = re.compile(r"[0-7][0-9a-f]{15}")


def parse_id(prefix: str) -> Callable[[click.Context, click.Parameter, str | None], int | None]:
    """The callback of an argument that is an id with this prefix, or without it."""

    def parse(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
        if text is None:
            return None
        if _ID.fullmatch(digits := text.removeprefix(prefix)):
            return int(digits, 16)
        raise click.BadParameter(f"{text!r} is no id; write it like {prefix}0ca9a52b8bc00000")

    return parse
