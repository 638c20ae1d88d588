"""
The secrets that sign what is posted: derived from the key file, never stored.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from smscore.domain.messages import AccountId
from smscore.domain.webhooks import Generation, WebhookId
from smscore.ports.identity import Authenticator

__all__ = ["Secrets"]


class Secrets:
    """Those of webhooks and of accounts, for their callbacks; the same key file gives the same."""

    def __init__(self, authenticator: Callable[[], Authenticator]) -> None:
        self._authenticator = authenticator
        self._derived = lru_cache(maxsize=1024)(self._derive)

    def of_webhook(
        self, webhook: WebhookId, secret: Generation, *, at: datetime
    ) -> tuple[str, ...]:
        """Those that sign then, the current one first."""
        return tuple(self._derived("webhook", webhook, one) for one in secret.valid(at=at))

    def of_account(
        self, account: AccountId, secret: Generation, *, at: datetime
    ) -> tuple[str, ...]:
        """The same for what goes to callback addresses."""
        return tuple(self._derived("callback", account, one) for one in secret.valid(at=at))

    def of_receiver(self, name: str) -> str:
        """That of the operator's receiver of alerts with this name."""
        return self._derived(f"alerts to {name}", 0, 1)

    def _derive(self, purpose: str, number: int, generation: int) -> str:
        return self._authenticator().derive_secret(purpose, number, generation=generation)
