"""
Doing the same to many messages, and saying of each what came of it.
"""

from collections.abc import Callable, Iterable, Iterator

import attrs
import click

from smscore.domain.messages import MessageId
from smscore.errors import GatewayError, Rejected
from smscore.ports.storage import Tracked
from smscore_server._output import printable, show_json

__all__ = ["Outcome", "each", "show_outcomes"]


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of one message, or why nothing did."""

    message: MessageId
    tracked: Tracked | None = None
    refusal: GatewayError | None = None

    def as_document(self) -> dict[str, object]:
        """As JSON shows it."""
        delivery = self.tracked.delivery if self.tracked else None
        return {
            "id": f"{self.message:016x}",
            "done": self.refusal is None,
            "status": delivery.status.value if delivery else None,
            "channel": delivery.channel if delivery else None,
            "code": self.refusal.code if self.refusal else None,
            "error": str(self.refusal) if self.refusal else None,
        }

    def __str__(self) -> str:
        if self.tracked is not None:
            delivery = self.tracked.delivery
            return f"{self.message:016x}  {delivery.status}  {delivery.channel}"
        return f"{self.message:016x}  refused  {printable(str(self.refusal))}"


def each(ids: Iterable[MessageId], act: Callable[[MessageId], Tracked]) -> Iterator[Outcome]:
    """Do it to one after another; what the store cannot do ends it."""
    for message in dict.fromkeys(ids):
        try:
            yield Outcome(message=message, tracked=act(message))
        except Rejected as refusal:
            yield Outcome(message=message, refusal=refusal)
        except GatewayError as fault:
            yield Outcome(message=message, refusal=fault)
            return


def show_outcomes(outcomes: Iterable[Outcome], *, as_json: bool) -> bool:
    """Print each as soon as it is known, or all as JSON; says whether none was refused."""
    shown = []
    for outcome in outcomes:
        shown.append(outcome)
        if not as_json:
            click.echo(str(outcome))
    if as_json:
        show_json([one.as_document() for one in shown])
    return all(one.refusal is None for one in shown)
