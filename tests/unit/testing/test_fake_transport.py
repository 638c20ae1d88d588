from smscore.domain.numbers import PhoneNumber
from smscore.errors import Indeterminate, PermanentFailure
from smscore.ports.transport import SendJob
from smscore.testing import FakeTransport, a_part
from smscore.testing.transport_contract import TransportContract, TransportHarness


class Harness:
    reachable = PhoneNumber("+491701234567")
    refused = PhoneNumber("+491700000001")
    lost = PhoneNumber("+491700000002")

    def __init__(self) -> None:
        self.transport = FakeTransport()
        self.transport.fail_for = {
            self.refused: PermanentFailure("refused"),
            self.lost: Indeterminate("lost"),
        }

    def report(self, job: SendJob) -> None:
        self.transport.report(job.message)

    def deliver(self, text: str) -> None:
        self.transport.deliver(a_part(user_data=text.encode("utf-16-be")))

    def close(self) -> None:
        pass


class TestFakeTransport(TransportContract):
    def make_harness(self) -> TransportHarness:
        return Harness()
