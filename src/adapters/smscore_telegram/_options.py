"""
What can be configured for one bot.
"""

import re
from pathlib import Path

import attrs

from smscore.errors import ConfigurationError
from smscore.options import is_absolute, is_positive, plain_address, read_secret
from smscore_telegram._cutting import LONGEST, units

__all__ = ["TelegramOptions", "Texts"]

_TOKEN = re.compile(r"[0-9]+:[A-Za-z0-9_-]+")
_TOKEN_SHAPE = "must be the bot's number, a colon and its secret, as @BotFather gave them"  # noqa: S105  # no secret


def _is_token(_: object, attribute: "attrs.Attribute[str | None]", value: str | None) -> None:
    # The value itself stays out of the message.
    if value is not None and not _TOKEN.fullmatch(value):
        raise ConfigurationError(f"{attribute.name} {_TOKEN_SHAPE}")


def _is_text(_: object, attribute: "attrs.Attribute[str]", value: str) -> None:
    if not value.strip() or units(value) > LONGEST:
        raise ConfigurationError(f"{attribute.name} must have 1 to {LONGEST} characters")


@attrs.frozen(kw_only=True)
class Texts:
    """What the bot says to the people who use it."""

    greeting: str = attrs.field(
        default="To get messages here, share your telephone number by the button below.",
        validator=_is_text,
    )
    button: str = attrs.field(
        default="Share my number",
        validator=_is_text,
    )
    linked: str = attrs.field(
        default="Thank you. Messages to this number come here from now on; /stop ends that.",
        validator=_is_text,
    )
    foreign: str = attrs.field(
        default="That is not your own number. Please use the button below.",
        validator=_is_text,
    )
    stopped: str = attrs.field(
        default="You get no more messages here. /start begins again.",
        validator=_is_text,
    )


@attrs.frozen(kw_only=True)
class TelegramOptions:
    """The table of one channel whose transport is ``telegram``; times in seconds."""

    token: str | None = attrs.field(default=None, repr=False, validator=_is_token)
    token_file: str | None = attrs.field(default=None, validator=is_absolute)
    base_url: str = attrs.field(
        default="https://api.telegram.org",
        validator=plain_address("https://gateway.example/telegram"),
    )
    webhook: bool = False  # whether Telegram calls us at [http] public_url; else we ask Telegram
    timeout: float = attrs.field(default=10.0, validator=is_positive)  # until nobody knows
    reconnect_delay: float = attrs.field(default=1.0, validator=is_positive)  # doubles up to 60
    texts: Texts = attrs.Factory(Texts)

    def __attrs_post_init__(self) -> None:
        if (self.token is None) is (self.token_file is None):
            raise ConfigurationError("a bot needs either its token or a token_file that holds it")

    def read_token(self) -> str:
        """
        The token, from its file if it is in one: whoever replaces it need not restart anything.

        Raises:
            ConfigurationError: there is no file with a token.
        """
        if self.token_file is None:
            assert self.token is not None  # noqa: S101  # for the type checker; see above
            return self.token
        token = read_secret(Path(self.token_file), key="token_file", what="token")
        if not _TOKEN.fullmatch(token):
            raise ConfigurationError(f"what token_file {self.token_file} holds {_TOKEN_SHAPE}")
        return token
