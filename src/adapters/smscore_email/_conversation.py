"""
One connection to a relay: greeted, made secret, logged in, and then mail by mail.
"""

import enum
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from smscore.errors import ConfigurationError
from smscore_email._letters import Letter
from smscore_email._options import EmailOptions, Tls

__all__ = ["Conversation", "Lost", "Refusal", "RelayDown", "Stage"]

_FAREWELL = 2.0
"""Seconds for a relay to answer that we may go."""
_LONGEST_WORD = 300


class Stage(enum.Enum):
    """How far a mail got."""

    SENDER = enum.auto()
    RECIPIENT = enum.auto()
    CONTENT = enum.auto()
    END = enum.auto()  # all of it was written: from here on the relay may have it


class RelayDown(Exception):
    """There is no conversation; ``remedy`` is what a person can do, who alone can help."""

    def __init__(self, detail: str, *, remedy: str | None = None) -> None:
        super().__init__(detail)
        self.remedy = remedy


class Refusal(Exception):
    """The relay answered, and said no."""

    def __init__(self, stage: Stage, code: int, said: str) -> None:
        super().__init__(f"{code} {said}".strip())
        self.stage = stage
        self.code = code


class Lost(Exception):
    """The connection ended, or no answer came that could be understood."""

    def __init__(self, stage: Stage, why: str) -> None:
        super().__init__(why)
        self.stage = stage


class Conversation:
    """With a relay that is ready for mail. One thread at a time; any may :meth:`abort`."""

    def __init__(self, smtp: smtplib.SMTP, *, options: EmailOptions) -> None:
        self._smtp = smtp
        self._options = options

    @classmethod
    def connect(cls, options: EmailOptions) -> Self:
        """
        Hear the relay's first word.

        Raises:
            RelayDown: it cannot be reached, or does not want to talk.
        """
        return cls(_connected(options), options=options)

    def introduce(self) -> None:
        """
        Do all that comes between the first word and the first mail.

        Raises:
            RelayDown: it could not be done; the reason says what is wrong.
        """
        try:
            _introduce(self._smtp, self._options)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise RelayDown(f"{_place(self._options)} broke off: {_word_of(error)}") from error

    def check_sender(self) -> None:
        """
        Ask whether it would take mail from us, without any.

        Raises:
            Refusal, Lost: it would not, or did not say.
        """
        self._ask(Stage.SENDER, lambda: self._smtp.mail(self._options.sender.value))
        self.start_over()

    def start_over(self) -> None:
        """
        Forget the mail that was begun.

        Raises:
            Refusal, Lost: that went wrong: hang up.
        """
        self._ask(Stage.SENDER, self._smtp.rset)

    def hand_over(self, letter: Letter) -> str:
        """
        Give it a mail; what the relay says when it has taken it.

        Raises:
            Refusal: it did not take it.
            Lost: nobody knows after :attr:`Stage.END`; before that it certainly has not.
        """
        # RFC 6531, 3.4 and 3.6: both together, for the headers are not in ASCII either.
        wishes = ["BODY=8BITMIME", "SMTPUTF8"] if letter.is_international else []
        self._ask(Stage.SENDER, lambda: self._smtp.mail(letter.sender, wishes))
        self._ask(Stage.RECIPIENT, lambda: self._smtp.rcpt(letter.recipient))
        self._ask(Stage.CONTENT, lambda: self._smtp.docmd("DATA"), expected=3)
        self._write(letter.on_the_wire)
        return self._ask(Stage.END, self._last_word)

    @property
    def is_international(self) -> bool:
        """Whether it takes addresses of any script."""
        return self._smtp.has_extn("smtputf8") and self._smtp.has_extn("8bitmime")

    def hang_up(self) -> None:
        """Part from the relay, politely if it is still there."""
        with suppress(OSError, smtplib.SMTPException, ValueError):
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(_FAREWELL)
            self._smtp.quit()
        self._smtp.close()

    def abort(self) -> None:
        """Wake the thread that waits for the relay: it hears of a lost connection."""
        sock = self._smtp.sock
        with suppress(OSError):
            if sock is not None:
                sock.shutdown(socket.SHUT_RDWR)

    def _write(self, content: bytes) -> None:
        """An error means that not all of it was written, and so not its end."""
        try:
            self._smtp.send(content)
        except (OSError, smtplib.SMTPException) as error:
            raise Lost(Stage.CONTENT, _word_of(error)) from error

    def _last_word(self) -> tuple[int, bytes]:
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(self._options.final_timeout)
        answer = self._smtp.getreply()
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(self._options.timeout)
        return answer

    def _ask(self, stage: Stage, ask: Callable[[], tuple[int, bytes]], *, expected: int = 2) -> str:
        """What it said; ``expected`` is the first digit of an answer that goes on."""
        try:
            code, said = ask()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise Lost(stage, _word_of(error)) from error
        if code // 100 == expected:
            return _decoded(said)
        if code // 100 in (4, 5):
            raise Refusal(stage, code, _decoded(said))
        raise Lost(stage, f"it answered {code} {_decoded(said)}")


def _connected(options: EmailOptions) -> smtplib.SMTP:
    place = _place(options)
    try:
        if options.tls is Tls.IMPLICIT:
            return smtplib.SMTP_SSL(
                options.host, options.relay_port, timeout=options.timeout, context=_context(options)
            )
        return smtplib.SMTP(options.host, options.relay_port, timeout=options.timeout)
    except ssl.SSLCertVerificationError as error:
        raise _untrusted(options, error) from error
    except smtplib.SMTPResponseException as error:
        raise RelayDown(f"{place} does not want to talk: {_word_of(error)}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise RelayDown(f"{place} cannot be reached: {_word_of(error)}") from error


def _introduce(smtp: smtplib.SMTP, options: EmailOptions) -> None:
    place = _place(options)
    smtp.ehlo_or_helo_if_needed()
    if options.tls is Tls.STARTTLS:
        try:
            smtp.starttls(context=_context(options))
        except ssl.SSLCertVerificationError as error:
            raise _untrusted(options, error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise RelayDown(
                f"{place} offers no STARTTLS",
                remedy='is it the right port? Else set tls = "implicit", or "none"',
            ) from error
        smtp.ehlo_or_helo_if_needed()
    if options.username is not None:
        _log_in(smtp, options, options.username)


def _log_in(smtp: smtplib.SMTP, options: EmailOptions, username: str) -> None:
    place = _place(options)
    try:
        smtp.login(username, options.read_password())
    except ConfigurationError as error:
        raise RelayDown(str(error), remedy="see password_file") from error
    except smtplib.SMTPAuthenticationError as error:
        is_final = error.smtp_code >= 500
        raise RelayDown(
            f"{place} does not let {username} in: {_word_of(error)}",
            remedy="correct username and password, or password_file" if is_final else None,
        ) from error
    except smtplib.SMTPServerDisconnected:
        raise
    except smtplib.SMTPException as error:
        raise RelayDown(
            f"{place} offers no way to log in: {_word_of(error)}",
            remedy="is it the right port? It may want TLS first, or no login at all",
        ) from error


def _context(options: EmailOptions) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=options.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise RelayDown(
            f"ca_file {options.ca_file} cannot be read: {_word_of(error)}", remedy="correct ca_file"
        ) from error


def _untrusted(options: EmailOptions, error: ssl.SSLCertVerificationError) -> RelayDown:
    return RelayDown(
        f"the certificate of {_place(options)} is not to be trusted: {error.verify_message}",
        remedy="name the host as its certificate does, and its own authority as ca_file",
    )


def _place(options: EmailOptions) -> str:
    return f"{options.host}:{options.relay_port}"


def _word_of(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {_decoded(said) if isinstance(said, bytes) else said}"
    return str(error) or type(error).__name__


def _decoded(said: bytes) -> str:
    """What a relay says, fit for a line of a log."""
    text = said.decode(errors="replace")[:_LONGEST_WORD]
    return "".join(char if char.isprintable() else " " for char in text)
