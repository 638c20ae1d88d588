"""
Channels and simulated modems in any order of messages, reports, texts, faults and restarts.

The model knows what was asked for and what the network took; nothing of how a channel works.
"""

from collections import Counter

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from modem_world import World

from smscore.domain.deliveries import Status
from smscore.domain.messages import MessageId
from smscore_modem.simulator import ONE_BYTE, PERFECT, SLOW

MODEMS = 2
FAULTS = (
    *("silent seconds=45", "silent at=pdu seconds=200", "silent at=taken seconds=45"),
    *("silent at=part seconds=45", "garbage seconds=30", "half_a_line at=taken seconds=45"),
    *("late_reference delay=100 times=1", "late_reference delay=200 times=1"),
    *("report_before_reference times=2", "reports_twice times=1", "no_reference times=1"),
    *("no_answer times=1", "no_answer times=3"),
    *("unplugged delay=5", "unplugged at=pdu delay=5", "unplugged at=taken delay=5"),
    *("restarts", "restarts at=taken", "restarts at=prompt", "boot_chatter", "forgot_settings"),
    *("lost_routing", "sim_busy seconds=20", "no_registration seconds=60", "weak_signal"),
    *("refuses cms=1 times=1", "refuses cms=38 times=2", "refuses cms=332 times=1"),
    *("refuses cms=500 times=1", "interrupts at=taken", "puk seconds=100"),
)
# Of messages that only wait for a report, for ever if it got lost.
RESTING = (Status.SENT, Status.INDETERMINATE)


@attrs.define
class Model:
    """What everybody may rely on."""

    parts: dict[MessageId, int] = attrs.field(factory=dict)
    recipients: dict[MessageId, str] = attrs.field(factory=dict)
    texts: Counter[str] = attrs.field(factory=Counter)  # that arrived at the modems
    ended: dict[MessageId, Status] = attrs.field(factory=dict)


class ChannelMachine(RuleBasedStateMachine):
    @initialize(wire=st.sampled_from((PERFECT, PERFECT, ONE_BYTE, SLOW)))
    def begin(self, wire: object) -> None:
        self.world = World(modems=MODEMS, wire=wire)
        self.model = Model()

    @rule(parts=st.sampled_from((1, 1, 2, 3)), magic=st.sampled_from(("0", "0", "3", "8", "9")))
    def submit(self, parts: int, magic: str) -> None:
        # Each recipient is somebody else, so that parts can be told apart.
        to = f"+9990{magic}{len(self.model.parts):04}"
        if magic == "0":
            to = f"+49170{len(self.model.parts):07}"
        text = "".join(chr(ord("a") + part) * 153 for part in range(parts))[: 153 * parts - 3]
        message = self.world.submit(to, text if parts > 1 else "hello")
        self.model.parts[message] = parts
        self.model.recipients[message] = to

    @rule(modem=st.integers(0, MODEMS - 1), parts=st.sampled_from((1, 1, 2)))
    def a_text_arrives(self, modem: int, parts: int) -> None:
        text = f"{sum(self.model.texts.values())} " + "y" * (200 if parts > 1 else 5)
        self.world.lines.inject_sms(modem=modem, sender="+491709999999", text=text)
        self.model.texts[text] += 1

    @rule(fault=st.sampled_from(FAULTS), modem=st.integers(0, MODEMS - 1))
    def something_goes_wrong(self, fault: str, modem: int) -> None:
        self.world.lines.begin_fault(fault, modem=modem)

    @rule(seconds=st.sampled_from((1, 5, 30, 100, 400)))
    def time_passes(self, seconds: int) -> None:
        self.world.run(lambda: False, within=seconds)

    @rule()
    def a_new_process_takes_over(self) -> None:
        self.world.gateway.close()
        self.world.start()

    @invariant()
    def no_part_leaves_twice(self) -> None:
        if hasattr(self, "world"):
            assert set(self.world.taken().values()) <= {1}

    @invariant()
    def what_has_ended_stays_so(self) -> None:
        for message in getattr(self, "model", Model()).parts:
            status = self.world.status(message)
            if message in self.model.ended:
                # A late report proves that it arrived after all.
                assert status in (self.model.ended[message], Status.DELIVERED)
            if status.is_final:
                self.model.ended[message] = status

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        try:
            self.all_comes_to_an_end()
        finally:
            self.world.gateway.close()

    def all_comes_to_an_end(self) -> None:
        """Once nothing goes wrong any more, nothing waits any more, and nothing was lost."""
        world, model = self.world, self.model
        for modem in range(MODEMS):
            world.lines.end_fault(modem=modem)
        assert world.run(lambda: all(map(self.is_over, model.parts)), within=4 * 3600)
        assert world.run(lambda: Counter(world.received()) == model.texts, within=3600)
        world.run(lambda: False, within=1000)

        self.no_part_leaves_twice()
        assert Counter(world.received()) == model.texts
        taken: Counter[str] = Counter()
        for (recipient, _), times in world.taken().items():
            taken[recipient] += times
        for message, parts in model.parts.items():
            status, left = world.status(message), taken[model.recipients[message]]
            if status in (Status.SENT, Status.DELIVERED):
                assert left == parts
            else:
                assert left <= parts

    def is_over(self, message: MessageId) -> bool:
        status = self.world.status(message)
        return status.is_final or status in RESTING


TestChannels = ChannelMachine.TestCase
TestChannels.settings = settings(max_examples=settings().max_examples // 10, stateful_step_count=15)
