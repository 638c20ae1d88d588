"""
Estimates, as they are read from answers.
"""

from smscore_client._fields import Fields
from smscore_client._values import Character, Cost, Estimate, Replacement

__all__ = ["estimate_of"]


def estimate_of(fields: Fields) -> Estimate:
    """What an answer estimates."""
    return Estimate(
        encoding=fields.text("encoding"),
        segments=fields.number("segments"),
        credits=fields.number("credits"),
        credits_remaining=fields.number_or_none("credits_remaining"),
        messages=fields.objects("messages", _cost),
        forcing_characters=fields.objects("forcing_characters", _character),
        forcing_characters_count=fields.number("forcing_characters_count"),
        replacements=fields.objects("replacements", _replacement),
        replacements_count=fields.number("replacements_count"),
        units_used=fields.number("units_used"),
        units_free=fields.number("units_free"),
        units_per_segment=fields.number("units_per_segment"),
        languages=fields.texts("languages"),
        from_=fields.text_or_none("from"),
        from_ignored_by=fields.texts("from_ignored_by"),
    )


def _cost(fields: Fields) -> Cost:
    return Cost(to=fields.text("to"), route=fields.text("route"), credits=fields.number("credits"))


def _character(fields: Fields) -> Character:
    return Character(
        index=fields.number("index"),
        character=fields.text("character"),
        name=fields.text_or_none("name"),
    )


def _replacement(fields: Fields) -> Replacement:
    return Replacement(
        index=fields.number("index"),
        character=fields.text("character"),
        replacement=fields.text("replacement"),
        name=fields.text_or_none("name"),
    )
