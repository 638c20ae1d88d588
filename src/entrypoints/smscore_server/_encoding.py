"""
The options about how texts are sent: what an account allows, or what an estimate assumes.
"""

from collections.abc import Callable
from typing import Any, TypedDict, TypeVar

import click

from smscore.domain.languages import Language
from smscore.domain.segments import MOST_PARTS, EncodingOptions
from smscore_server._options import WholeNumber

__all__ = ["EncodingChanges", "encoding_options", "language_name", "options_as_document"]

Command = TypeVar("Command", bound=Callable[..., Any])

_NONE = "none"


class EncodingChanges(TypedDict):
    """What was given of the options; ``None`` stands for what was not."""

    languages: tuple[Language, ...] | None
    wide_reference: bool | None
    replace_typography: bool | None
    max_parts: int | None


def language_name(language: Language) -> str:
    """The language in English."""
    return language.name.capitalize()


def options_as_document(options: EncodingOptions) -> dict[str, object]:
    """As JSON shows them."""
    return {
        "languages": [one.value for one in options.languages],
        "wide_reference": options.wide_reference,
        "replace_typography": options.replace_typography,
        "max_parts": options.max_parts,
    }


def _parse_languages(
    _ctx: click.Context, _param: click.Parameter, names: tuple[str, ...]
) -> tuple[Language, ...] | None:
    if not names:
        return None
    if [name.casefold() for name in names] == [_NONE]:
        return ()
    return tuple(dict.fromkeys(_language(name) for name in names))


def _language(name: str) -> Language:
    wanted = name.casefold()
    for language in Language:
        if wanted in (language.value, language.name.casefold()):
            return language
    if wanted == _NONE:
        raise click.BadParameter(f"{_NONE!r} stands alone; give either it or languages")
    known = ", ".join(f"{one.value} ({language_name(one)})" for one in Language)
    raise click.BadParameter(
        f"{name!r} is no language with tables of its own; write one of {known}, or {_NONE}"
    )


_OPTIONS = (
    click.option(
        "--language",
        "languages",
        multiple=True,
        callback=_parse_languages,
        metavar="LANGUAGE",
        help="Allow a language's national tables, by ISO code or English name; can be given "
        f"several times, or as '{_NONE}'.",
    ),
    click.option(
        "--wide-reference/--no-wide-reference",
        default=None,
        help="Tell long messages apart by 16 bits instead of 8, at one octet a part.",
    ),
    click.option(
        "--replace-typography/--no-replace-typography",
        default=None,
        help="Send typographic quotes, dashes, blanks and the like as plain ones.",
    ),
    click.option(
        "--max-parts", type=WholeNumber(1, MOST_PARTS), help="Refuse texts of more parts."
    ),
)


def encoding_options(command: Command) -> Command:
    """Give a command the options; it takes them as ``**changes: Unpack[EncodingChanges]``."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command
