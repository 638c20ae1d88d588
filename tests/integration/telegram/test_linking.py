from smscore.domain.numbers import PhoneNumber
from smscore.errors import StoreUnavailable


def test_the_bot_answers_start_by_a_button_that_shares_the_number(channel, telegram):
    ada = telegram.person()

    ada.opens_bot()

    assert telegram.wait_for(lambda: len(ada.received) == 1)
    assert ada.keyboard is not None
    assert ada.keyboard["keyboard"] == [[{"text": "Share my number", "request_contact": True}]]


def test_start_with_a_word_behind_it_is_answered_too(channel, telegram):
    ada = telegram.person()

    ada.writes("/start campaign")

    assert telegram.wait_for(lambda: len(ada.received) == 1)


def test_a_shared_number_is_linked_in_its_normal_form(ada, sink):
    link = sink.links[ada.address]

    assert link.channel == "telegram"
    assert link.number == PhoneNumber("+491701234567")
    assert link.address == ada.address
    assert link.name == "Ada"


def test_the_button_goes_away_once_the_number_is_linked(ada):
    assert ada.keyboard == {"remove_keyboard": True}


def test_the_contact_of_somebody_else_links_nobody(channel, telegram, sink):
    ada, bob = telegram.person("Ada"), telegram.person("Bob", number="+491701111111")
    ada.opens_bot()

    ada.shares_contact(of=bob)

    assert telegram.wait_for(lambda: len(ada.received) == 2)
    assert "not your own number" in ada.received[-1]
    assert not sink.links


def test_a_contact_of_nobody_that_telegram_knows_links_nobody(channel, telegram, sink):
    ada = telegram.person()
    ada.opens_bot()

    ada.sends(contact={"phone_number": "491701234567", "first_name": "Ada"})

    assert telegram.wait_for(lambda: len(ada.received) == 2)
    assert not sink.links


def test_a_contact_that_was_shared_in_a_group_links_nobody(channel, telegram, sink):
    ada, bob = telegram.person("Ada"), telegram.person("Bob", number="+491701111111")
    group = {"id": -7, "type": "group", "title": "Neighbours"}
    contact = {"phone_number": "491701234567", "first_name": "Ada", "user_id": ada.id}

    ada.sends(chat=group, contact=contact)
    bob.links()

    assert sink.wait_for(lambda: bob.address in sink.links)
    assert list(sink.links) == [bob.address]


def test_whoever_has_a_new_number_is_linked_by_that(ada, sink):
    ada.number = "+491709999999"

    ada.shares_contact()

    assert sink.wait_for(lambda: sink.links[ada.address].number == PhoneNumber("+491709999999"))


def test_stop_unlinks_and_says_so(ada, sink, telegram):
    ada.stops()

    assert telegram.wait_for(lambda: len(ada.received) == 3)
    assert not sink.links
    assert "/start" in ada.received[-1]


def test_whoever_blocks_the_bot_is_unlinked(ada, sink):
    ada.blocks()

    assert sink.wait_for(lambda: not sink.links)


def test_whoever_comes_back_is_asked_for_the_number_again(ada, sink, telegram):
    ada.blocks()
    ada.opens_bot()
    assert telegram.wait_for(lambda: len(ada.received) == 3)
    assert not sink.links

    ada.shares_contact()

    assert sink.wait_for(lambda: ada.address in sink.links)


def test_a_link_that_could_not_be_stored_is_stored_later(channel, telegram, sink):
    ada = telegram.person()
    sink.fail_next(StoreUnavailable("the disk is full"))

    ada.links()

    assert sink.wait_for(lambda: ada.address in sink.links)
    assert telegram.wait_for(lambda: len(ada.received) >= 2)
    assert "Thank you" in ada.received[-1]


def test_a_person_is_linked_although_the_answer_does_not_get_through(
    channel, telegram, sink, caplog
):
    from smscore_telegram.testing import Refused

    ada = telegram.person()
    telegram.script(Refused(code=500), Refused(code=500))

    ada.links()

    assert sink.wait_for(lambda: ada.address in sink.links)
    assert telegram.wait_for(lambda: telegram.unconfirmed == 0)
    assert not ada.received
    assert "a person got no answer" in caplog.text


def test_the_bot_says_what_the_operator_wants_it_to_say(open_channel, telegram):
    from smscore_telegram import Texts

    open_channel(texts=Texts(greeting="Guten Tag", button="Nummer teilen"))
    ada = telegram.person()

    ada.opens_bot()

    assert telegram.wait_for(lambda: ada.received == ["Guten Tag"])
    assert ada.keyboard is not None
    assert ada.keyboard["keyboard"][0][0]["text"] == "Nummer teilen"
