from typing import Any

from smscore.domain.numbers import PhoneNumber
from smscore.ports.transport import SendJob
from smscore.testing.transport_contract import TransportContract, TransportHarness
from smscore_telegram import TelegramOptions, make_channel
from smscore_telegram.testing import Dropped, FakeTelegram, Person


class FakeBot:
    """A channel over the bot of a stand-in, and three people who have met it."""

    def __init__(self) -> None:
        self.telegram = FakeTelegram()
        self._people = [
            self.telegram.person(name, number=f"+4917012345{index}")
            for index, name in enumerate(("Ada", "Bob", "Eve"))
        ]
        ada, bob, eve = self._people
        for person in self._people:
            person.has_met_bot = True  # long ago: a greeting would get Eve's answer
        bob.is_blocking = True
        self.telegram.script(Dropped(is_done=False), to=eve)
        self.reachable, self.refused, self.lost = (
            PhoneNumber(one.number) for one in (ada, bob, eve)
        )
        self.transport = make_channel(
            "telegram",
            TelegramOptions(
                token=self.telegram.token, base_url=self.telegram.url, reconnect_delay=0.02
            ),
        )

    def person(self, number: PhoneNumber) -> Person:
        return next(one for one in self._people if one.number == number.value)

    def report(self, job: SendJob) -> None:
        """Telegram reports nothing to bots."""

    def deliver(self, text: str) -> None:
        self._people[0].writes(text)

    def close(self) -> None:
        self.telegram.close()


class TestTelegramChannel(TransportContract):
    has_delivery_reports = False

    def make_harness(self) -> TransportHarness:
        self.harness_made = FakeBot()
        return self.harness_made

    def a_job(self, *parts: str, **changes: Any) -> SendJob:
        person = self.harness_made.person(changes["recipient"])
        return super().a_job(*parts, address=person.address, **changes)
