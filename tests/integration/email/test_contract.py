from smscore.domain.recipients import EmailAddress
from smscore.ports.transport import SendJob
from smscore.testing.transport_contract import TransportContract, TransportHarness
from smscore_email import EmailOptions, make_channel
from smscore_email.testing import Dropped, FakeRelay, Refused, Step


class RelayHarness:
    """A channel over a stand-in that knows no Bob, and loses its answer to what goes to Eve."""

    def __init__(self) -> None:
        self.relay = FakeRelay()
        self.reachable, self.refused, self.lost = (
            EmailAddress(f"{name}@reader.example") for name in ("ada", "bob", "eve")
        )
        self.relay.script(Refused(code=550), at=Step.RECIPIENT, to=self.refused.value)
        self.relay.script(Dropped(is_done=False), to=self.lost.value)
        table = {key: value for key, value in self.relay.table.items() if key != "transport"}
        self.transport = make_channel("mail", EmailOptions(**table, reconnect_delay=0.02))

    def report(self, job: SendJob) -> None:
        """Relays report nothing."""

    def deliver(self, text: str) -> None:
        """Nothing arrives by the way out."""

    def close(self) -> None:
        self.relay.close()


class TestEmailChannel(TransportContract):
    has_delivery_reports = False
    has_inbound = False

    def make_harness(self) -> TransportHarness:
        return RelayHarness()
