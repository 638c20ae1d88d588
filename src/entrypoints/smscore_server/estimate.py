"""
The command that says what a text would cost, and why.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Unpack

import click

from smscore.domain.accounts import changed_options
from smscore.domain.description import Description, describe
from smscore.domain.segments import DEFAULT_OPTIONS, Encoding, EncodingOptions, Segments
from smscore_server._encoding import EncodingChanges, encoding_options, language_name
from smscore_server._opening import opened
from smscore_server._options import check_text, config_option, json_option
from smscore_server._output import Failure, several, show_fields, show_json, show_table

__all__ = ["estimate"]

_SHOWN = 10  # characters of a kind; JSON has them all
_LONGEST_INPUT = 1 << 20  # bytes


def _as_utf8(_ctx: click.Context, _param: click.Parameter, text: str) -> str:
    """The argument as its octets were typed, whatever the locale took them for."""
    try:
        return os.fsencode(text).decode()
    except (UnicodeEncodeError, UnicodeDecodeError) as cause:
        raise click.BadParameter(f"not valid UTF-8 at byte {cause.start}") from cause


@click.command()
@click.argument("text", callback=_as_utf8)
@click.option(
    "--account", callback=check_text, metavar="NAME", help="Begin with what this account allows."
)
@encoding_options
@json_option
@config_option
def estimate(
    *,
    text: str,
    account: str | None,
    as_json: bool,
    config_file: Path,
    **changes: Unpack[EncodingChanges],
) -> None:
    """
    Say what a text would cost, and why.

    Without --account nothing is needed, not even a configuration: the text is estimated as for a
    new account. The other options stand above what the account allows. Positions count characters
    from 0.

    With - as TEXT, standard input is read as UTF-8; one line end at its end, such as echo adds, is
    not part of the text, everything else is. A text that begins with a dash stands behind a --.
    Exit status 1 if the text cannot be sent.

    \b
    Example: smscore estimate "Your parcel is here" --language tr
    JSON keys: encoding, locking, single, parts, price (in segments), units_used,
               units_free (in the last part), units_per_part;
               forcing_characters: index, character, name;
               replacements: index, character, replacement, name
    """
    content = _read_input() if text == "-" else text
    allowed = DEFAULT_OPTIONS if account is None else _options_of(account, config_file)
    description = describe(content, options=changed_options(allowed, **changes))
    if not description.text:
        raise Failure("the text is empty; a message needs at least one character")
    if as_json:
        show_json(_as_document(description))
    else:
        _show(description)


def _read_input() -> str:
    if sys.stdin is None:
        raise Failure("standard input is closed")
    octets = sys.stdin.buffer.read(_LONGEST_INPUT + 1)
    if len(octets) > _LONGEST_INPUT:
        raise Failure(f"standard input is longer than {_LONGEST_INPUT} bytes, as no message can be")
    try:
        return octets.removesuffix(b"\n").decode()
    except UnicodeDecodeError as cause:
        raise Failure(f"standard input is not valid UTF-8 at byte {cause.start}") from cause


def _options_of(account: str, config_file: Path) -> EncodingOptions:
    with opened(config_file) as gateway:
        return gateway.inquiry.account_named(account).encoding


def _as_document(description: Description) -> dict[str, object]:
    segments = description.segments
    return {
        "encoding": segments.encoding.value,
        "locking": segments.locking,
        "single": segments.single,
        "parts": segments.count,
        "price": segments.count,
        "units_used": segments.units_used,
        "units_free": segments.units_free,
        "units_per_part": segments.units_per_part,
        "forcing_characters": [
            {"index": one.index, "character": one.character, "name": one.name}
            for one in description.forcing
        ],
        "replacements": [
            {
                "index": one.index,
                "character": one.character,
                "replacement": one.replacement,
                "name": one.name,
            }
            for one in description.replacements
        ],
    }


def _show(description: Description) -> None:
    segments = description.segments
    is_gsm7 = segments.encoding is Encoding.GSM7
    unit = "septet" if is_gsm7 else "UTF-16 unit"
    show_fields(
        [
            ("encoding", "GSM 7-bit" if is_gsm7 else "UCS-2"),
            ("national tables", _tables(segments)),
            ("parts", segments.count),
            ("units used", several(segments.units_used, unit)),
            ("units free", f"{several(segments.units_free, unit)} in the last part"),
            ("price", several(segments.count, "segment")),
        ]
    )
    _show_characters(
        "What forces UCS-2",
        ["position", "character", "code", "name"],
        [(one.index, one.character, _code(one.character), one.name) for one in description.forcing],
    )
    _show_characters(
        "What is replaced",
        ["position", "character", "code", "by", "name"],
        [
            (one.index, one.character, _code(one.character), repr(one.replacement), one.name)
            for one in description.replacements
        ],
    )


def _tables(segments: Segments) -> str | None:
    tables = [
        f"{language_name(language)} {kind} shift"
        for language, kind in ((segments.locking, "locking"), (segments.single, "single"))
        if language
    ]
    return ", ".join(tables) or None


def _show_characters(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if not rows:
        return
    click.echo(f"\n{title}")
    show_table(columns, rows[:_SHOWN])
    if len(rows) > _SHOWN:
        click.echo(f"and {len(rows) - _SHOWN} more; --json shows all")


def _code(character: str) -> str:
    return " ".join(f"U+{ord(one):04X}" for one in character)
