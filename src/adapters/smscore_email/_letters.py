"""
Messages as mail: headers that nobody can add to, and the text as every mailer understands it.
"""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

import attrs

from smscore.domain.recipients import EmailAddress
from smscore.ports.transport import SendJob
from smscore_email._options import EmailOptions

__all__ = ["Letter", "compose", "compose_notice", "message_id"]

_LONGEST_SUBJECT = 70
_LONGEST_NOTICE = 150
_LINE_START = re.compile(rb"(?m)^\.")
_BLANKS = re.compile(r"\s+")


@attrs.frozen(kw_only=True)
class Letter:
    """One mail as it is handed to a relay; ``content`` has everything but the last dot."""

    sender: str
    recipient: str
    content: bytes
    reference: str
    is_international: bool = False  # the relay has to understand RFC 6531

    @property
    def on_the_wire(self) -> bytes:
        """The content up to the line that ends it (RFC 5321, 4.5.2)."""
        return _LINE_START.sub(b"..", self.content) + b".\r\n"


def compose(
    job: SendJob, number: int, recipient: EmailAddress, *, options: EmailOptions, at: datetime
) -> Letter:
    """Part ``number`` of a job as mail; all tries have the same id, and else only the date."""
    return _letter(
        recipient,
        name=job.sender.value if job.sender else options.from_name,
        subject=_subject(job, options),
        text=job.segments.parts[number - 1],
        reference=message_id(job, number, options.sender),
        sender=options.sender,
        at=at,
    )


def compose_notice(
    recipient: EmailAddress,
    *,
    subject: str,
    text: str,
    mail_id: str,
    options: EmailOptions,
    at: datetime,
) -> Letter:
    """A mail that is nobody's message, such as an alert; what has the same id is the same one."""
    return _letter(
        recipient,
        name=options.from_name,
        subject=_line(subject, longest=_LONGEST_NOTICE),
        text=text,
        reference=f"{mail_id}@{options.sender.domain}",
        sender=options.sender,
        at=at,
    )


def message_id(job: SendJob, number: int, sender: EmailAddress) -> str:
    """The same for all tries, so that whoever gets a mail twice can tell."""
    part = f".{number}" if job.segments.count > 1 else ""
    return f"{job.message:016x}{part}@{sender.domain}"


def _letter(
    recipient: EmailAddress,
    *,
    name: str,
    subject: str,
    text: str,
    reference: str,
    sender: EmailAddress,
    at: datetime,
) -> Letter:
    is_international = not recipient.value.isascii()
    # In 7 bits, whatever a relay is able to: quoted-printable or base64 where it takes more.
    policy = SMTPUTF8 if is_international else SMTP.clone(cte_type="7bit")
    mail = EmailMessage(policy=policy)
    mail["From"] = Address(
        display_name=name,
        username=sender.local_part,
        domain=sender.domain,
    )
    mail["To"] = Address(username=recipient.local_part, domain=recipient.domain)
    mail["Subject"] = subject
    mail["Date"] = at
    mail["Message-ID"] = f"<{reference}>"
    # RFC 3834, 5: whoever answers by a machine lets it be.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(text)
    return Letter(
        sender=sender.value,
        recipient=recipient.value,
        content=mail.as_bytes(),
        reference=reference,
        is_international=is_international,
    )


def _subject(job: SendJob, options: EmailOptions) -> str:
    """The configured one, filled in: one line of bounded length, whatever the text is."""
    values = {
        "text": _line(job.text.strip().partition("\n")[0]),
        "sender": job.sender.value if job.sender else options.from_name or options.from_address,
        "id": f"{job.message:016x}",
    }
    return _line(re.sub(r"\{(\w+)\}", lambda found: values[found[1]], options.subject))


def _line(text: str, *, longest: int = _LONGEST_SUBJECT) -> str:
    plain = "".join(char if char.isprintable() else " " for char in text)
    line = _BLANKS.sub(" ", plain).strip()
    return line if len(line) <= longest else f"{line[: longest - 1]}…"
