"""
What a relay's answer means: for the conversation, for the channel, or for one mail.
"""

from smscore_email._conversation import Lost, Refusal, RelayDown, Stage
from smscore_email._options import EmailOptions

__all__ = ["is_about_us", "is_parting", "trouble_of"]

_SHUT = 421
"""RFC 5321, 3.8: the relay closes the connection, whatever it was asked."""

_LOG_IN = frozenset({530, 534, 535, 538})
"""RFC 4954, 6: whoever wants that has to log in, or otherwise."""


def is_parting(error: Refusal | Lost) -> bool:
    """Whether the relay wants no more of this conversation, and has certainly not got the mail."""
    if error.stage is Stage.END:
        return False
    return isinstance(error, Lost) or error.code == _SHUT


def is_about_us(error: Refusal | Lost) -> bool:
    """
    Whether no other mail would fare better, for nothing was said of this one yet.

    What happens later may be for its recipient or its content, whatever the relay says.
    """
    if isinstance(error, Lost):
        return error.stage is Stage.SENDER
    if error.code in _LOG_IN:
        return True
    return error.stage is Stage.SENDER and (error.code == _SHUT or error.code >= 500)


def trouble_of(error: Refusal | Lost, options: EmailOptions) -> RelayDown:
    """What it says of the relay."""
    place = f"{options.host}:{options.relay_port}"
    if isinstance(error, Lost):
        return RelayDown(f"{place} broke off: {error}")
    if error.code in _LOG_IN:
        return RelayDown(
            f"{place} wants us to log in otherwise: {error}", remedy="see username, password, tls"
        )
    is_final = error.code >= 500
    return RelayDown(
        f"{place} takes no mail from {options.sender}: {error}",
        remedy="correct from_address, or let the relay allow it" if is_final else None,
    )
