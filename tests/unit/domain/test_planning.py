from datetime import timedelta
from itertools import permutations

import pytest

from smscore.domain.accounts import Account
from smscore.domain.deliveries import Leg, Status
from smscore.domain.languages import Language
from smscore.domain.messages import Surface
from smscore.domain.numbers import PhoneNumber
from smscore.domain.planning import Plan, plan
from smscore.domain.routes import Route, Routes
from smscore.domain.routing import ChannelOffer, Topology
from smscore.domain.segments import EncodingOptions
from smscore.errors import InvalidRequest, MessageTooLong, NoRoute
from smscore.testing import NOON, a_message, an_account

TOPOLOGY = Topology(
    channels={
        "cheap": ChannelOffer(name="cheap", price=1, flash=True),
        "dear": ChannelOffer(name="dear", price=3),
        "short": ChannelOffer(name="short", price=1, max_parts=1),
    },
    groups={"all": ("cheap", "dear")},
)


def plan_for(
    *routes: Route,
    topology: Topology = TOPOLOGY,
    account: Account | None = None,
    **message: object,
) -> Plan:
    return plan(
        a_message(**message),
        account=account or an_account(),
        routes=Routes(routes),
        topology=topology,
        now=NOON,
    )


def channels_of(plan: Plan) -> list[str]:
    return [leg.channel for leg in plan.route]


def test_without_rules_every_configured_channel_is_tried_in_order() -> None:
    assert channels_of(plan_for()) == ["cheap", "dear", "short"]


def test_without_rules_the_queue_api_feeds_the_accounts_phones() -> None:
    assert channels_of(plan_for(surface=Surface.QUEUE)) == ["phones/acme"]


def test_the_first_rule_whose_prefix_matches_decides() -> None:
    rules = (
        Route(name="abroad", prefixes=("+1", "+44"), channels=("dear",)),
        Route(name="rest", channels=("cheap",)),
    )

    assert channels_of(plan_for(*rules)) == ["cheap"]
    assert channels_of(plan_for(*rules, recipient=PhoneNumber("+442071838750"))) == ["dear"]


def test_a_rule_may_send_to_the_accounts_phones() -> None:
    rule = Route(name="phones", channels=("phones", "cheap"))

    assert channels_of(plan_for(rule)) == ["phones/acme", "cheap"]


def test_a_group_stands_for_its_channels_always_in_the_same_order_for_one_recipient() -> None:
    rule = Route(name="group", channels=("all",))

    assert sorted(channels_of(plan_for(rule))) == ["cheap", "dear"]
    assert channels_of(plan_for(rule)) == channels_of(plan_for(rule))


def test_recipients_are_spread_over_each_of_several_groups() -> None:
    names = ("a", "b", "c", "d", "e")
    topology = Topology(
        channels={name: ChannelOffer(name=name) for name in names},
        groups={"two": names[:2], "three": names[2:]},
    )
    rule = Route(name="both", channels=("two", "three"))

    numbers = [PhoneNumber(f"+491701234{ending}") for ending in range(100, 400)]
    planned = [plan_for(rule, topology=topology, recipient=number) for number in numbers]

    assert {tuple(channels_of(one)) for one in planned} == {
        (*two, *three) for two in permutations(names[:2]) for three in permutations(names[2:])
    }


def test_the_dearest_channel_that_may_carry_it_is_charged() -> None:
    decided = plan_for(Route(name="x", channels=("cheap", "dear")), text="x" * 161)

    assert decided.charge == 6
    assert decided.route[0] == Leg(channel="cheap", price=2)


def test_a_channel_that_cannot_send_so_many_parts_is_left_out() -> None:
    rule = Route(name="x", channels=("short", "cheap"))

    assert channels_of(plan_for(rule, text="x" * 161)) == ["cheap"]


def test_a_text_too_long_for_all_its_channels_is_refused() -> None:
    with pytest.raises(MessageTooLong, match="needs 2 parts, its channels send at most 1"):
        plan_for(Route(name="x", channels=("short",)), text="x" * 161)


def test_only_channels_that_can_flash_carry_a_flash_message() -> None:
    assert channels_of(plan_for(flash=True)) == ["cheap"]


def test_a_message_that_nobody_may_carry_has_no_route() -> None:
    with pytest.raises(NoRoute):
        plan_for(topology=Topology())


def test_a_schedule_in_the_past_means_now() -> None:
    planned = plan_for(not_before=NOON - timedelta(seconds=1))

    assert planned.begin(charged=0)[0].status is Status.QUEUED


def test_a_scheduled_message_waits() -> None:
    later = NOON + timedelta(hours=1)
    delivery, _ = plan_for(not_before=later).begin(charged=0)

    assert (delivery.status, delivery.due_at) == (Status.SCHEDULED, later)


def test_a_rule_that_names_an_unknown_channel_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InvalidRequest, match="'chep'; known are: phones, cheap, dear, short, all"):
        TOPOLOGY.check(Route(name="x", channels=("chep",)))


def test_a_text_of_which_nothing_would_be_left_is_refused() -> None:
    account = an_account(encoding=EncodingOptions(replace_typography=True))

    with pytest.raises(InvalidRequest, match="the text is empty"):
        plan_for(account=account, text="\u200b\ufeff")


def test_the_text_of_a_message_is_the_one_that_will_be_sent_and_its_story_tells_why() -> None:
    account = an_account(encoding=EncodingOptions(replace_typography=True))

    planned = plan_for(account=account, text="“a” – “b”")

    assert planned.message.text == '"a" - "b"'
    _, event = planned.begin(charged=1)
    assert event.detail["encoding"] == "gsm7"
    assert event.detail["replaced"] == (
        "LEFT DOUBLE QUOTATION MARK by '\"' (2), RIGHT DOUBLE QUOTATION MARK by '\"' (2), "
        "EN DASH by '-' (1)"
    )


def test_a_message_remembers_what_it_was_accepted_under() -> None:
    account = an_account(
        encoding=EncodingOptions(languages=(Language.TURKISH,), wide_reference=True)
    )

    planned = plan_for(account=account, text="Yarın görüşürüz")

    assert planned.message.languages == (Language.TURKISH,)
    assert planned.message.wide_reference
    assert planned.begin(charged=1)[1].detail["tables"] == "single tr"


def test_an_account_may_allow_fewer_parts_than_its_channels() -> None:
    account = an_account(encoding=EncodingOptions(max_parts=2))

    with pytest.raises(MessageTooLong, match="needs 3 parts in gsm7, but at most 2"):
        plan_for(account=account, text="x" * 400)
