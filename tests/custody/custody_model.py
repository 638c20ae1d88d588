"""
What custody comes to, in the fewest words: the model to which the services are held.
"""

from datetime import datetime, timedelta

import attrs
from custody_records import Channel, Message, Part

from smscore.domain.deliveries import DeliveryReport

FINAL = ("delivered", "failed", "expired", "cancelled")
MAY_ARRIVE = ("scheduled", "queued", "sent", "indeterminate", "failed", "expired")
BELIEVABLE = timedelta(minutes=10)  # by which a network's clock may be wrong
POSSIBLE = timedelta(hours=15)  # or by its whole zone


@attrs.define
class Model:
    channels: dict[str, Channel]
    credits: dict[str, int | None]  # by account
    messages: dict[int, Message] = attrs.field(factory=dict)
    parked: list[DeliveryReport] = attrs.field(factory=list)

    def price(self, leg: str, size: int) -> int:
        return self.channels[leg].price * size if leg in self.channels else 0

    def waiting(self, leg: str) -> list[Message]:
        """Who may be claimed on a channel, in their order."""
        waiting = [m for m in self.messages.values() if m.status == "queued" and m.legs[0] == leg]
        return sorted(waiting, key=lambda m: (-m.priority, m.place, m.id))

    def move(self, m: Message, status: str, at: datetime) -> None:
        m.status, back = status, 0
        difference = max(0, m.charged - self.price(m.legs[0], m.size))
        if status in FINAL:
            m.finished_at = at
            back = difference if len(m.missing) < m.size else m.charged
        if status in ("sent", "delivered", "indeterminate"):
            back = difference
        if status in ("sent", "delivered"):
            m.sent_at, m.is_retry = m.sent_at or at, False
        self.book(m, -back)
        self.settle(m, at)

    def book(self, m: Message, credits: int) -> None:
        if (balance := self.credits[m.account]) is not None:
            m.charged += credits
            self.credits[m.account] = balance - credits

    def settle(self, m: Message, at: datetime) -> None:
        states = {part.state for part in m.parts.values()}
        if not m.missing and states == {"delivered"} and m.status in MAY_ARRIVE:
            self.move(m, "delivered", at)
        elif "failed" in states and m.status in ("sent", "indeterminate"):
            self.move(m, "failed", at)
        elif not m.missing and m.status == "indeterminate":
            self.move(m, "sent", at)

    def accepted(self, m: Message, number: int, part: Part, *, now: datetime) -> None:
        begun = m.parts.get(number, part)
        if number in m.missing:
            m.parts[number] = part
            self.settle(m, now)
        ours = [
            report
            for report in self.parked
            if (report.channel, report.reference) == (part.channel, part.reference)
            and (report.recipient.value == m.to and report.received_at >= begun.at)
        ]
        self.parked = [report for report in self.parked if report not in ours]
        for report in ours:
            self.fold(m, report)

    def report(self, report: DeliveryReport) -> None:
        found = [
            (part, m)
            for m in self.messages.values()
            for part in m.parts.values()
            if (part.channel, part.reference) == (report.channel, report.reference)
            and m.to == report.recipient.value
        ]
        found.sort(key=lambda one: (one[0].at, one[1].id), reverse=True)
        if (when := report.submitted_at) is not None:
            found = [one for one in found if abs(one[0].at - when) <= POSSIBLE]
            if any(abs(part.at - when) <= BELIEVABLE for part, _ in found):
                found.sort(key=lambda one: one[0].nearness(when))
        if found:
            self.fold(found[0][1], report)
        else:
            self.parked.append(report)

    def fold(self, m: Message, report: DeliveryReport) -> None:
        if report.outcome == "pending" or m.status == "delivered":
            return
        for part in m.parts.values():
            if part.reference == report.reference and part.state != "delivered":
                part.state = str(report.outcome)
        self.settle(m, report.received_at)

    def tried(self, m: Message, outcome: str, *, now: datetime) -> None:
        """What the channel's last word on a try makes of the message."""
        channel = self.channels[m.legs[0]]
        in_doubt = any(part.state == "doubt" for part in m.parts.values())
        if outcome == "ok":
            self.move(m, "sent", now)
        elif outcome == "doubt" or (outcome == "breach" and in_doubt):
            self.doubt(m, now=now)
        elif outcome == "not ready":
            m.tries -= 1
            self.postpone(m, now + timedelta(seconds=10))
        elif outcome == "permanent" or m.tries >= channel.tries:
            self.refuse(m, now=now)
        else:
            self.postpone(m, now + timedelta(seconds=channel.delay))

    def postpone(self, m: Message, due: datetime) -> None:
        m.status, m.due, m.is_retry = "scheduled", due, True

    def refuse(self, m: Message, *, now: datetime) -> None:
        if m.legs[0] not in self.channels:
            m.claims, m.is_refused = 0, False  # no phone has it any more
        if m.parts or len(m.legs) == 1:
            self.move(m, "failed", now)
        else:
            m.status, m.legs, m.tries, m.is_retry = "queued", m.legs[1:], 0, True

    def doubt(self, m: Message, *, now: datetime) -> None:
        channel = self.channels[m.legs[0]]
        if channel.in_doubt == "resend" and m.tries < channel.tries:
            m.parts = {n: part for n, part in m.parts.items() if part.state != "doubt"}
            m.is_retry = True
            self.move(m, "queued", now)
        else:
            self.move(m, "failed" if channel.in_doubt == "fail" else "indeterminate", now)

    def recover(self, *, now: datetime) -> None:
        """Decide about what the process held that has ended."""
        for m in self.messages.values():
            if m.status == "sending" and m.legs[0] in self.channels:
                if any(part.state == "doubt" for part in m.parts.values()):
                    self.doubt(m, now=now)
                elif not m.missing:
                    self.move(m, "sent", now)
                else:
                    m.tries -= 1
                    self.move(m, "queued", now)
