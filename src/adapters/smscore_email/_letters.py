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

__all__ = ["Letter", "compose", "message_id"]

_LONGEST_SUBJECT = 70
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
    is_international = not recipient.value.isascii()
    reference = message_id(job, number, options.sender)
    # In 7 bits, whatever a relay is able to: quoted-printable or base64 where it takes more.
    policy = SMTPUTF8 if is_international else SMTP.clone(cte_type="7bit")
    mail = EmailMessage(policy=policy)
    mail["From"] = Address(
        display_name=job.sender.value if job.sender else options.from_name,
        username=options.sender.local_part,
        domain=options.sender.domain,
    )
    mail["To"] = Address(username=recipient.local_part, domain=recipient.domain)
    mail["Subject"] = _subject(job, options)
    mail["Date"] = at
    mail["Message-ID"] = f"<{reference}>"
    # RFC 3834, 5: whoever answers by a machine lets it be.
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(job.segments.parts[number - 1])
    return Letter(
        sender=options.sender.value,
        recipient=recipient.value,
        content=mail.as_bytes(),
        reference=reference,
        is_international=is_international,
    )


def message_id(job: SendJob, number: int, sender: EmailAddress) -> str:
    """The same for all tries, so that whoever gets a mail twice can tell."""
    part = f".{number}" if job.segments.count > 1 else ""
    return f"{job.message:016x}{part}@{sender.domain}"


def _subject(job: SendJob, options: EmailOptions) -> str:
    """The configured one, filled in: one line of bounded length, whatever the text is."""
    values = {
        "text": _line(job.text.strip().partition("\n")[0]),
        "sender": job.sender.value if job.sender else options.from_name or options.from_address,
        "id": f"{job.message:016x}",
    }
    return _line(re.sub(r"\{(\w+)\}", lambda found: values[found[1]], options.subject))


def _line(text: str) -> str:
    plain = "".join(char if char.isprintable() else " " for char in text)
    line = _BLANKS.sub(" ", plain).strip()
    return line if len(line) <= _LONGEST_SUBJECT else f"{line[: _LONGEST_SUBJECT - 1]}…"
