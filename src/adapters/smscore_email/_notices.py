"""
Mails beside the queue, such as alerts: handed over at once, without a journal, and not for long.
"""

import threading

import attrs

from smscore.domain.recipients import EmailAddress
from smscore.errors import (
    Indeterminate,
    InvalidRequest,
    NotReady,
    PermanentFailure,
    TemporaryFailure,
)
from smscore.ports.clock import Clock
from smscore_email._conversation import Lost, Refusal, RelayDown, Stage
from smscore_email._letters import compose_notice
from smscore_email._line import Line
from smscore_email._options import EmailOptions

__all__ = ["Notices"]

_PATIENCE, _LAST_PATIENCE = 10.0, 30.0
"""Seconds for each answer: others wait to be told, and the same may be told again."""


class Notices:
    """Of one relay, over a line of their own. Any thread may call."""

    def __init__(self, options: EmailOptions, *, clock: Clock) -> None:
        self._options = attrs.evolve(
            options,
            timeout=min(options.timeout, _PATIENCE),
            final_timeout=min(options.final_timeout, _LAST_PATIENCE),
        )
        self._clock = clock
        self._posting = threading.Lock()
        self._line: Line | None = None
        self._is_closed = False

    def post(self, *, to: str, subject: str, text: str, mail_id: str) -> None:
        """See :class:`smscore.ports.transport.Postal`."""
        try:
            recipient = EmailAddress.parse(to)
        except InvalidRequest as error:
            raise PermanentFailure(str(error)) from error
        letter = compose_notice(
            recipient,
            subject=subject,
            text=text,
            mail_id=mail_id,
            options=self._options,
            at=self._clock.now(),
        )
        with self._posting:
            line = self._line = Line(self._options, monotonic=self._clock.monotonic)
            if self._is_closed:
                line.close()
            try:
                with line.turn():
                    line.hand_over(letter)
            except RelayDown as error:
                raise NotReady(str(error)) from error
            except Refusal as error:
                raise TemporaryFailure(f"the relay did not take the mail: {error}") from error
            except Lost as error:
                if error.stage is Stage.END:
                    raise Indeterminate("the relay did not say whether it has the mail") from error
                raise TemporaryFailure(f"the relay did not take the mail: {error}") from error
            finally:
                line.close()

    def close(self) -> None:
        """Break off what is under way. May be called twice."""
        self._is_closed = True
        line = self._line
        if line is not None:
            line.close()
