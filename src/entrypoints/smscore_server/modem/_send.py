"""
Sending one text over one modem: as a message of an account beside a server, by hand without one.
"""

import secrets
from pathlib import Path
from typing import Any

import click

from smscore import Gateway, GatewayConfig, build
from smscore.domain.messages import AccountId, MessageId, Surface
from smscore.domain.numbers import PhoneNumber
from smscore.domain.segments import split
from smscore.errors import Indeterminate, NoRoute, PermanentFailure, TemporaryFailure
from smscore.ports.transport import SendJob
from smscore.services.submission import Item, Submission
from smscore_server._output import Failure, show_document
from smscore_server.control import control_path
from smscore_server.modem._asking import RunningServer
from smscore_server.modem._borrowing import only_channel
from smscore_server.modem._reaching import Borrowed, Choice, chosen_channel, reached

__all__ = ["send"]


def send(choice: Choice, *, to: str, text: str, account: str | None, as_json: bool) -> None:
    """
    Send the text, and print what became of it.

    Raises:
        Failure: it certainly did not leave, or nobody knows.
        GatewayError: it was refused.
    """
    served = None if choice["port"] else _served(choice["config_file"], choice["modem"])
    if served is None:
        document = _by_hand(choice, to=to, text=text)
    else:
        config, name = served
        document = _as_message(config, name, choice, to=to, text=text, account=account)
    show_document(document, as_json=as_json)


def _served(config_file: Path, modem: str | None) -> tuple[GatewayConfig, str] | None:
    """The modem if a running server has it; None if the command must open it."""
    config = GatewayConfig.from_toml(config_file)
    server = RunningServer.at(control_path(config))
    if server is None:
        return None
    with server:
        return config, chosen_channel(config, modem)


def _as_message(
    config: GatewayConfig, name: str, choice: Choice, *, to: str, text: str, account: str | None
) -> dict[str, Any]:
    # Planned as if this were the only channel; the server sends what waits for a channel's name.
    with build(only_channel(config, name)) as gateway:
        submission = Submission(
            account=_account(gateway, account),
            surface=Surface.COMMAND,
            items=(Item(to=to, text=text),),
        )
        _check_way(gateway, submission, name)
        receipt = gateway.submissions.begin(submission).result()
        tracked = gateway.inquiry.wait(receipt.message, timeout=choice["patience"])
    delivery = tracked.delivery
    return {
        "modem": name,
        "id": f"{receipt.message:016x}",
        "status": delivery.status.value,
        "parts": delivery.segments,
        "references": [part.reference for part in delivery.parts],
        "detail": delivery.error,
    }


def _account(gateway: Gateway, name: str | None) -> AccountId:
    if name is not None:
        return gateway.inquiry.account_named(name).id
    accounts = gateway.inquiry.accounts()
    if len(accounts) == 1:
        return accounts[0].id
    names = ", ".join(one.name for one in accounts) or "none; 'smscore account create' makes one"
    raise Failure(f"say whose message it is by --account NAME; there are: {names}")


def _check_way(gateway: Gateway, submission: Submission, name: str) -> None:
    (plan,) = gateway.submissions.estimate(submission)
    ways = [leg.channel for leg in plan.route]
    if ways != [name]:
        raise NoRoute(
            f"the rule {plan.rule!r} would have it go by {ways[0]}, and not by {name} alone; "
            "stop the server to try the modem by hand"
        )


def _by_hand(choice: Choice, *, to: str, text: str) -> dict[str, Any]:
    recipient = PhoneNumber.parse(to)
    job = SendJob(
        message=MessageId(secrets.randbits(62)),  # of its own: the channel remembers doubts by it
        recipient=recipient,
        text=text,
        segments=split(text),
        concat_reference=secrets.randbelow(256),
    )
    with reached(choice) as modem:
        if not isinstance(modem, Borrowed):
            raise Failure("a server has just begun to run; the same command sends through it now")
        click.echo(
            "note: sent directly and not through a server: charged to nobody, and in no list",
            err=True,
        )
        references = _sent(modem, job)
    return {
        "modem": modem.name,
        "id": None,
        "status": "sent",
        "parts": job.segments.count,
        "references": list(references),
        "detail": None,
    }


def _sent(modem: Borrowed, job: SendJob) -> tuple[str | None, ...]:
    try:
        return modem.transport.send(job).references
    except Indeterminate as fault:
        raise Failure(f"nobody knows whether it left: {fault}") from fault
    except (TemporaryFailure, PermanentFailure) as fault:
        raise Failure(f"it was not sent: {fault}") from fault
