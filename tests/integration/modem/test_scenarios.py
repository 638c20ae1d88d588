"""
A modem's channel in trouble: on every wire, under every fault, with what becomes of the messages.

Each scenario begins while the channel works. Then the fault begins, three messages are accepted,
the first of two parts, and a text arrives for the modem. Times are virtual.
"""

import pytest
from modem_world import World

from smscore.domain.deliveries import Status
from smscore.domain.messages import MessageId
from smscore.domain.policies import DoubtPolicy
from smscore_modem.simulator import LOSSY, ONE_BYTE, PERFECT, SLOW, Personality, Wire

CLEAN = {"perfect": PERFECT, "one byte at a time": ONE_BYTE, "slow": SLOW}
FIRST, SECOND, THIRD = "+491700000002", "+491700000003", "+491700000004"

# The fault, what becomes of the first message, and the seconds after which the second one has
# arrived, on the slowest wire.
SCENARIOS: dict[str, tuple[str, int]] = {
    # It does not answer, or not what it should.
    "silent seconds=60": ("delivered", 100),
    "silent at=prompt seconds=60": ("delivered", 120),
    "silent at=pdu seconds=400": ("indeterminate", 480),
    "silent at=taken seconds=400": ("indeterminate", 480),
    "silent at=part seconds=60": ("delivered", 120),
    "garbage seconds=60": ("delivered", 100),
    "garbage at=pdu": ("indeterminate", 270),
    "half_a_line seconds=60": ("delivered", 100),
    "half_a_line at=taken seconds=300": ("indeterminate", 340),
    "slow seconds=300 delay=3": ("delivered", 120),
    "boot_chatter": ("delivered", 20),
    "interrupts at=line": ("delivered", 20),
    "interrupts at=taken": ("delivered", 20),
    # It says what became of a message late, or never.
    # Its report stands in for it; what the modem says later must not be taken for an answer.
    "late_reference delay=130 times=1": ("delivered", 170),
    "late_reference delay=300 times=1": ("delivered", 360),
    "no_answer times=1": ("delivered", 150),
    "no_answer times=2": ("delivered", 290),
    "no_reference times=1": ("sent", 20),
    "report_before_reference times=2": ("delivered", 30),
    "reports_twice times=2": ("delivered", 20),
    "reports_lost times=1": ("sent", 20),
    # It goes away.
    "unplugged delay=20": ("delivered", 60),
    "unplugged at=prompt delay=20": ("delivered", 60),
    "unplugged at=pdu delay=20": ("indeterminate", 60),
    "unplugged at=taken delay=20": ("indeterminate", 60),
    "restarts": ("delivered", 60),
    "restarts at=taken": ("indeterminate", 220),
    # It is not itself any more.
    "forgot_settings": ("delivered", 60),
    "lost_routing": ("delivered", 60),
    "text_mode": ("delivered", 60),
    # Its SIM, its network.
    "puk seconds=600": ("delivered", 700),
    "no_sim seconds=600": ("delivered", 700),
    "sim_busy seconds=30": ("delivered", 60),
    "sim_failed": ("delivered", 100),
    "no_registration seconds=90": ("delivered", 120),
    "no_registration state=3 seconds=900": ("delivered", 960),
    "weak_signal": ("delivered", 20),
    # It refuses.
    "refuses times=1": ("delivered", 20),
    "refuses at=prompt cms=38 times=1": ("delivered", 20),
    "refuses cms=1 times=1": ("failed", 20),
    "refuses cms=21 times=1": ("delivered", 20),
    "refuses cms=128 times=1": ("failed", 20),
    "refuses cms=208 times=1": ("delivered", 20),
    "refuses cms=300 times=1": ("delivered", 20),
    "refuses cms=304 times=1": ("delivered", 20),
    "refuses cms=314 times=1": ("delivered", 20),
    "refuses cms=322 times=1": ("delivered", 20),
    "refuses cms=331 times=1": ("delivered", 20),
    "refuses cms=332 times=1": ("indeterminate", 20),
    "refuses cms=500 times=1": ("delivered", 20),
    "refuses cms=512 times=1": ("delivered", 20),
    "refuses cme=14 times=1": ("delivered", 20),
    "refuses cme=30 times=1": ("delivered", 20),
    "refuses cme=31 times=1": ("indeterminate", 20),
    "refuses cme=100 times=1": ("delivered", 20),
    "refuses cme=515 times=1": ("delivered", 20),
}


class Trouble(World):
    """A world in which something went wrong just now."""

    def __init__(self, fault: str, **world: object) -> None:
        super().__init__(**world)
        assert self.run(self.is_ready, within=300)
        before = self.submit("+491700000001")
        # A bad cable may have lost the report.
        assert self.run(lambda: self.status(before) in ("sent", "delivered"), within=300)
        self.run(lambda: False, within=30)
        self.began = self.time.monotonic()
        self.lines.begin_fault(fault)
        self.first = self.submit(FIRST, "x" * 200)
        self.others = self.submit(SECOND), self.submit(THIRD)
        self.lines.inject_sms(sender="+491709999999", text="hello modem")

    @property
    def passed(self) -> float:
        return self.time.monotonic() - self.began

    def settle(self, *messages: MessageId) -> bool:
        """Wait until they are over, and for what may follow from that."""
        is_over = self.run(lambda: self.are_over(*messages))
        self.run(lambda: False, within=120)
        return is_over


def is_at_most_once(world: World) -> bool:
    return set(world.taken().values()) == {1}


@pytest.mark.parametrize("fault", SCENARIOS)
@pytest.mark.parametrize("wire", CLEAN)
def test_a_fault_costs_no_more_than_it_must(wire: str, fault: str) -> None:
    expected, seconds = SCENARIOS[fault]
    with Trouble(fault, wire=CLEAN[wire]) as world:
        assert world.run(lambda: world.are_over(world.others[0]), within=seconds), world.passed
        settled = (Status.SENT,) if expected == "sent" else ()
        world.run(
            lambda: world.are_over(world.first) or world.status(world.first) in settled,
            within=1200,
        )
        world.run(lambda: False, within=300)

        assert world.status(world.first) == expected
        assert [world.status(other) for other in world.others] == ["delivered"] * 2
        assert is_at_most_once(world)
        assert world.received() == ["hello modem"]


@pytest.mark.parametrize("fault", SCENARIOS)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_bad_cable_makes_nothing_leave_twice_and_loses_nothing(seed: int, fault: str) -> None:
    wire = Wire(drops=LOSSY.drops, garbles=LOSSY.garbles, seed=seed)
    with Trouble(fault, wire=wire) as world:
        messages = world.first, *world.others
        done = ("sent", "delivered", "indeterminate", "failed")
        assert world.run(lambda: all(world.status(one) in done for one in messages), within=7200), [
            world.status(one) for one in messages
        ]
        world.run(lambda: bool(world.received()), within=1200)

        assert is_at_most_once(world)
        assert world.received() == ["hello modem"]


def test_a_message_in_doubt_is_sent_again_where_the_policy_says_so() -> None:
    fault = "silent at=taken seconds=400"
    with Trouble(fault, channel={"in_doubt": DoubtPolicy.RESEND}) as world:
        assert world.run(lambda: world.status(world.first) is Status.DELIVERED)

        assert sorted(world.taken().values()) == [1, 1, 1, 1, 2]


def test_what_only_its_report_has_answered_is_not_sent_again() -> None:
    with Trouble("no_answer times=2", channel={"in_doubt": DoubtPolicy.RESEND}) as world:
        messages = world.first, *world.others
        assert world.run(lambda: all(world.status(one) is Status.DELIVERED for one in messages))

        assert is_at_most_once(world)


def test_a_message_in_doubt_has_failed_where_the_policy_says_so() -> None:
    fault = "silent at=taken seconds=400"
    with Trouble(fault, channel={"in_doubt": DoubtPolicy.FAIL}) as world:
        assert world.settle(world.first, *world.others)

        assert world.status(world.first) is Status.FAILED
        assert is_at_most_once(world)


@pytest.mark.parametrize("fault", ["silent", "half_a_line", "puk", "no_sim", "lost_centre"])
def test_what_a_dead_modem_has_not_sent_waits_and_a_person_is_told(fault: str) -> None:
    with Trouble(fault) as world:
        world.run(lambda: False, within=3600)

        assert {world.status(one) for one in (world.first, *world.others)} <= {"queued"}
        assert world.told() == ["channel.down"]

        world.lines.end_fault()
        assert world.settle(world.first, *world.others)
        assert world.told() == ["channel.down", "channel.up"]
        assert is_at_most_once(world)
        assert world.received() == ["hello modem"]


@pytest.mark.parametrize("fault", ["silent", "puk", "no_registration", "unplugged delay=9000"])
def test_messages_leave_a_sick_modem_for_a_healthy_one(fault: str) -> None:
    with Trouble(fault, modems=2) as world:
        assert world.run(lambda: world.are_over(world.first, *world.others), within=300)

        assert [world.status(one) for one in (world.first, *world.others)] == ["delivered"] * 3
        assert is_at_most_once(world)


@pytest.mark.parametrize("code", ["304", "305", "096", "160"])
def test_a_message_that_no_modem_understands_does_not_hold_up_the_others(code: str) -> None:
    with World() as world:
        poison = world.submit(f"+999050000{code}")
        after = world.submit(SECOND)

        assert world.run(lambda: world.are_over(poison, after), within=600)
        assert world.status(poison) is Status.FAILED
        assert world.status(after) is Status.DELIVERED


def test_a_number_that_every_try_fails_with_does_not_make_a_modem_sick() -> None:
    with World() as world:
        assert world.run(world.is_ready, within=60)
        bad = world.submit("+999050000500")
        good = [world.submit(f"+49170000010{number}") for number in range(5)]

        assert world.run(lambda: world.are_over(*good), within=30)
        assert world.run(lambda: world.are_over(bad))
        assert world.status(bad) is Status.FAILED
        assert world.told() == []


def test_settings_that_are_lost_while_a_message_leaves_cost_its_report_and_no_other() -> None:
    # 27.005, 3.4.1 <ds>: a modem that was not told to hands no report on, and keeps none.
    with World() as world:
        assert world.run(world.is_ready, within=60)
        world.lines.begin_fault("forgot_settings at=prompt")
        without = world.submit(FIRST)
        assert world.run(lambda: "restarts" in world.gateway.health("m1").facts, within=70)
        following = world.submit(SECOND)

        assert world.run(lambda: world.status(following) is Status.DELIVERED, within=30)
        assert world.status(without) is Status.SENT
        assert is_at_most_once(world)


def attempts(world: World, message: MessageId) -> int:
    return world.gateway.inquiry.message(message).delivery.attempts


@pytest.mark.parametrize("code", ["cms=300", "cms=500", "cme=0"])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_modem_that_fails_with_everything_costs_no_message_its_tries(
    count: int, code: str
) -> None:
    with World() as world:
        assert world.run(world.is_ready, within=60)
        world.run(lambda: False, within=120)
        world.lines.begin_fault(f"refuses {code} cure=radio")
        messages = [world.submit(f"+49170000010{number}") for number in range(count)]

        assert world.run(lambda: world.are_over(*messages), within=600)
        assert {world.status(message) for message in messages} == {"delivered"}
        assert max(attempts(world, message) for message in messages) <= 4
        assert world.told() == []


@pytest.mark.parametrize("code", ["300", "500"])
def test_a_message_alone_that_a_modem_fails_with_costs_no_more_than_itself(code: str) -> None:
    with World() as world:
        assert world.run(world.is_ready, within=60)
        world.run(lambda: False, within=120)
        bad = world.submit(f"+999050000{code}")
        assert world.run(lambda: world.are_over(bad), within=1800)
        good = world.submit(SECOND)

        assert world.run(lambda: world.are_over(good), within=60)
        assert world.status(bad) is Status.FAILED
        assert world.status(good) is Status.DELIVERED


def test_a_message_that_fails_where_others_pass_is_set_aside() -> None:
    with World() as world:
        assert world.run(world.is_ready, within=60)
        poison = world.submit("+999050000300")
        others = []
        while not world.are_over(poison):
            others.append(world.submit(SECOND))
            assert world.run(lambda: world.are_over(others[-1]), within=60)

        assert world.status(poison) is Status.FAILED
        assert attempts(world, poison) == 3
        assert world.told() == []


@pytest.mark.parametrize("name", Personality.names())
def test_a_channel_works_with_every_personality_after_a_restart_too(
    name: str,
) -> None:
    with World(profiles=name) as world:
        assert world.run(world.is_ready, within=60)
        first = world.submit("+491700000001", "x" * 200)
        assert world.run(lambda: world.status(first) is Status.DELIVERED, within=60)
        world.lines.begin_fault("restarts")
        world.run(lambda: False, within=120)

        second = world.submit("+491700000002")
        world.lines.inject_sms(sender="+491709999999", text="hello modem")
        assert world.run(lambda: world.status(second) is Status.DELIVERED, within=120)
        assert world.run(lambda: world.received() == ["hello modem"], within=120)
