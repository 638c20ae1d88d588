from smscore_server.modem._watch import announcements, changes

TALK = [
    r"0.000 > AT+CSQ\r",
    r"0.012 < \r\n+CSQ: 20,99\r\n",
    r"0.012 < \r\nOK\r\n",
    r"0.500 # the modem was silent",
    r'1.000 < \r\n+CMTI: "SM",1\r\n',
    r"2.000 > AT+CMGR=1\r",
    r"2.100 < \r\n+CMS ERROR: 321\r\n",
    r"3.000 < \r\nRING\r\n",
]


def test_what_is_said_unasked_is_an_announcement():
    assert list(announcements(TALK[:1], TALK)) == ['+CMTI: "SM",1', "RING"]


def test_what_was_said_before_is_no_news():
    assert list(announcements(TALK[:5], TALK)) == ["RING"]
    assert list(announcements(TALK, TALK)) == []
    assert list(announcements([], TALK)) == []


def test_everything_between_a_command_and_its_end_is_its_answer():
    assert list(announcements(TALK[:1], TALK[:2])) == []


def test_a_transcript_that_has_forgotten_what_we_know_is_all_news():
    assert list(announcements(TALK[:1], TALK[3:])) == ['+CMTI: "SM",1', "RING"]


def test_facts_that_are_another_or_new_or_gone_are_told():
    before = {"state": "ready", "signal": "-71 dBm", "sim": "8999"}
    now = {"state": "ready", "signal": "-73 dBm", "registration": "CREG 1"}

    assert dict(changes(before, now)) == {
        "signal": "-73 dBm",
        "registration": "CREG 1",
        "sim": "unknown",
    }
