from smscore.domain.numbers import PhoneNumber
from smscore.ports.transport import SendJob
from smscore.testing.transport_contract import TransportContract, TransportHarness
from smscore_modem import ModemOptions, make_channel
from smscore_modem.simulator import ModemSimulator


class SimulatedModem:
    """A channel over one simulated modem."""

    reachable = PhoneNumber("+491701234567")
    refused = PhoneNumber("+99905038")
    lost = PhoneNumber("+999060001")

    def __init__(self) -> None:
        self._simulator = ModemSimulator(modems=1, report_delay=0.01)
        self._simulator.__enter__()
        self.transport = make_channel(
            "m1", ModemOptions(port=self._simulator.ports[0], response_timeout=0.3)
        )

    def report(self, job: SendJob) -> None:
        """The simulated network reports by itself."""

    def deliver(self, text: str) -> None:
        self._simulator.inject_sms(sender="+491709999999", text=text)

    def close(self) -> None:
        self._simulator.__exit__()


class TestModemChannel(TransportContract):
    def make_harness(self) -> TransportHarness:
        return SimulatedModem()
