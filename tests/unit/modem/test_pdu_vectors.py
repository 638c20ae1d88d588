"""
PDUs that others wrote and explained: in AT command manuals, tutorials, and captures of modems.
"""

from datetime import datetime, timedelta, timezone

import pytest

from smscore.domain.alphabets import GSM7
from smscore.domain.headers import Concatenation, Ports, concatenation_of, ports_of
from smscore.domain.segments import split
from smscore_modem._pdu import (
    Address,
    Coding,
    Deliver,
    EnhancedForm,
    EnhancedValidity,
    NumberType,
    RelativeValidity,
    StatusReport,
    Submit,
    TimeStamp,
    UserData,
    decode_incoming,
    decode_submit,
    encode_deliver,
    encode_status_report,
    encode_submit,
)


def zone(hours: float) -> timezone:
    return timezone(timedelta(hours=hours))


def delivered(pdu: str) -> Deliver:
    message = decode_incoming(bytes.fromhex(pdu))
    assert isinstance(message, Deliver)
    assert not message.is_cut
    return message


def reported(pdu: str) -> StatusReport:
    report = decode_incoming(bytes.fromhex(pdu))
    assert isinstance(report, StatusReport)
    return report


def text_of(data: UserData) -> str:
    if data.coding is Coding.UCS2:
        return data.content.decode("utf-16-be")
    return GSM7.decode(data.content)


DELIVERIES = [
    (
        "07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37",
        ("+27381000015", "27838890001", "hellohello"),
        datetime(1999, 3, 29, 15, 16, 59, tzinfo=zone(2)),
    ),
    (
        "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07",
        ("+31624000000", "+31641600986", "How are you?"),
        datetime(2002, 8, 26, 19, 37, 41, tzinfo=zone(0)),
    ),
    (
        "06917228195339040B917228214365F700003130805120618005D4F29C2E03",
        ("+2782913593", "+27821234567", "Test2"),
        datetime(2013, 3, 8, 15, 2, 16, tzinfo=zone(2)),
    ),
    (
        "06917228195339040B917228214365F70000313062315352800A800D8A5E98D337A910",
        ("+2782913593", "+27821234567", "@{tést}!"),
        datetime(2013, 3, 26, 13, 35, 25, tzinfo=zone(2)),
    ),
    (
        (
            "07915892000000F0040B915892214365F7000070402132522423"
            "31493A283D0795C3F33C88FE06C9CB6132885EC6D341EDF27C1E3E97E7207B3A0C0A5241E377BB1D7693E72E"
        ),
        ("+85290000000", "+85291234567", "It is easy to read text messages via AT commands."),
        datetime(2007, 4, 12, 23, 25, 42, tzinfo=zone(8)),
    ),
    (
        (
            "0791551010010201040D91551699296568F80011719022124215293DD4B71C5E26BF41D3E6145476D3E5E573"
            "BD0C82BF40B59A2D96CBE564351BCE8603A164319D8CA6ABD540E432482673C172AED82DE502"
        ),
        (
            "+550101102010",
            "+5561999256868",
            "Torpedo SMS entregue p/ 5561999256868 (21:24:55 de 22.09.17).",
        ),
        datetime(2017, 9, 22, 21, 24, 51, tzinfo=zone(-3)),
    ),
    (
        (
            "07919761989901F0040B919762995696F000084160621263036178042D0442043E04420020043004310"
            "43E043D0435043D0442002004370432043E043D0438043B002004320430043C0020003200200440043004370"
            "430002E0020041F043E0441043B04350434043D04380439"
            "0020002D002000200032003600200438044E043D044F00200432002000320031003A00330035"
        ),
        (
            "+79168999100",
            "+79269965690",
            "Этот абонент звонил вам 2 раза. Последний -  26 июня в 21:35",
        ),
        datetime(2014, 6, 26, 21, 36, 30, tzinfo=zone(4)),
    ),
]


@pytest.mark.parametrize(("pdu", "words", "sent_at"), DELIVERIES)
def test_a_published_delivery_says_what_was_published(
    pdu: str, words: tuple[str, str, str], sent_at: datetime
) -> None:
    message = delivered(pdu)

    assert (str(message.centre), str(message.sender), text_of(message.user_data)) == words
    assert message.sent_at.moment == sent_at
    assert message.sent_at.moment.utcoffset() == sent_at.utcoffset()


@pytest.mark.parametrize("pdu", [pdu for pdu, _, _ in DELIVERIES])
def test_a_published_delivery_is_written_as_it_was_published(pdu: str) -> None:
    assert encode_deliver(delivered(pdu)).hex().upper() == pdu


def test_the_type_of_a_number_is_kept() -> None:
    # The best known example of all has a sender of type 0xC8: a subscriber's number.
    message = delivered(DELIVERIES[0][0])

    assert message.sender == Address(value="27838890001", kind=NumberType.SUBSCRIBER, plan=8)


def test_a_published_part_of_a_concatenated_message_is_read() -> None:
    message = delivered(
        "0591721891F1400781721881F800003160526104848059050003C30101916536FB1DCABEEB2074D85E06494"
        "1B19CAB060319A5C522289C96D3D3ED32286C0FA7D96131BBEC024941B19CAB0603DDD36C36A88C87A7E565D0"
        "DB0D82C55EB0DB4B068BCD5C20"
    )

    assert text_of(message.user_data) == (
        "Hello!You have R 19.50 FREE airtime available. R 19.50 will expire on 01/07/2013. "
    )
    assert (str(message.centre), str(message.sender)) == ("+2781191", "2781188")
    assert concatenation_of(message.user_data.header) == Concatenation(
        reference=0xC3, total=1, number=1
    )


def test_a_capture_of_a_full_first_part_is_read() -> None:
    message = delivered(
        "07918497900000F6400B918406290000F4000002219221351140A005000363080140CCB7BCDC06A5E1F37A1B"
        "447EB3DF72D03C4D0785DB653A0B347EBBE7E531BD4CAFCB4161721A9E9E8FD3EE33A8CC4ED35D206899CD2E"
        "BBE9E579BC5E06D9D3F47019E42EC7EB6550F95C9ED3C37316C81CAE8FD3E2FA1C5496BFE7A0B49B054A87C7"
        "75767A0E4AC3E7F5B60B34ADCFE16537393D9F9741E4F4D99D9ECFD36D10FC2DA7D3D3"
    )

    place = concatenation_of(message.user_data.header)
    assert place == Concatenation(reference=0x63, total=8, number=1)
    assert len(message.user_data.content) == 153


@pytest.mark.parametrize(
    ("pdu", "submit"),
    [
        (
            "0011000B916407281553F80000AA0AE8329BFD4697D9EC37",
            Submit(
                recipient="+46708251358",
                user_data=split("hellohello").user_data(1, reference=0),
                validity=timedelta(days=4),
            ),
        ),
        (
            "0001000B917228001011F100000CC8329BFD065DDF72363904",
            Submit(
                recipient="+27820001111",
                user_data=split("Hello World!").user_data(1, reference=0),
            ),
        ),
        (
            "07914400000000F01100099121436587F90008F40A4E16754C60A8597DFF01",
            Submit(
                recipient="+123456789",
                user_data=split("世界您好！").user_data(1, reference=0),
                validity=timedelta(weeks=52),
                centre="+44000000000",
            ),
        ),
        (
            "0019000B917228001011F100003170013193008017D474BB3CA787DB70903DCC4E93D3F43C885E9ED301",
            Submit(
                recipient="+27820001111",
                user_data=split("Timestamp validity test").user_data(1, reference=0),
                validity=datetime(2013, 7, 10, 13, 39, tzinfo=zone(2)),
            ),
        ),
        (
            "07911326040000F0310D0B911326880736F40000A90FF7FBDD454E87CDE1B0DB357EB701",
            Submit(
                recipient="+31628870634",
                user_data=UserData(coding=Coding.GSM7, content=b"www.diafaan.com"),
                reference=13,
                validity=timedelta(days=3),
                wants_report=True,
                centre="+31624000000",
            ),
        ),
        (
            "04A12143F5310D0AA110624521430000A91BD4F29C0E6A97E7F3F0B9AC03B1DFE3301BE4AEB7C565F91C",
            Submit(
                recipient=Address(value="0126541234", kind=NumberType.NATIONAL),
                user_data=split("Test message: local numbers").user_data(1, reference=0),
                reference=13,
                validity=timedelta(days=3),
                wants_report=True,
                centre=Address(value="12345", kind=NumberType.NATIONAL),
            ),
        ),
        (
            "0591721891F101000B917228214365F700040C48656C6C6F20776F726C6421",
            Submit(
                recipient="+27821234567",
                user_data=UserData(coding=Coding.BINARY, content=b"Hello world!"),
                centre="+2781191",
            ),
        ),
        (
            (
                "05915155010009010891515511110000420300000000001E"
                "54747A0E9A36A72074780E9A81E6E5F1DB4D9E83E86F103B6D2F03"
            ),
            Submit(
                recipient="+15551111",
                user_data=split("This SMS has 3 seconds to live").user_data(1, reference=0),
                reference=1,
                validity=EnhancedValidity.of(timedelta(seconds=3), is_single_shot=True),
                centre="+15551000",
            ),
        ),
    ],
)
def test_a_published_submission_is_read_and_written_as_published(pdu: str, submit: Submit) -> None:
    assert decode_submit(bytes.fromhex(pdu)) == submit
    assert encode_submit(submit).hex().upper() == pdu


def test_the_validity_of_published_submissions_is_what_they_say() -> None:
    short = decode_submit(bytes.fromhex("0011000B916407281553F80000AA0AE8329BFD4697D9EC37"))
    assert isinstance(short.validity, RelativeValidity)
    assert short.validity.duration == timedelta(days=4)

    enhanced = EnhancedValidity(octets=bytes.fromhex("42030000000000"))
    assert (enhanced.form, enhanced.duration) == (EnhancedForm.SECONDS, timedelta(seconds=3))
    assert enhanced.is_single_shot


LOREM = (
    "Lorem ipsum dolor sit amet, consectetur adipisicing elit, sed do eiusmod tempor incididunt "
    "ut labore et dolore magna aliqua.Ut enim ad minim veniam, quinostrud exercitation ullamco "
    "laboris nisi ut aliquip ex ea commodo consequat.Duis aute irure dolor in reprehenderit in "
    "voluptate velit esse cillum doloe eu fugiat nulla pariatur.Excepteur sint occaecat cupidatat "
    "non proident, sunt in culpa qui officia deserunt mollit anim id est laborum"
)


def test_three_published_parts_are_written_as_published() -> None:
    segments = split(LOREM)

    written = [
        encode_submit(
            Submit(
                recipient="+15125551234",
                user_data=segments.user_data(number, reference=0),
                rejects_duplicates=True,
            )
        )
        for number in range(1, segments.count + 1)
    ]

    assert [pdu.hex().upper() for pdu in written] == [
        (
            "0045000B915121551532F40000A0050003000301986F79B90D4AC3E7F53688FC66BFE5A0799A0E0AB7CB7416"
            "68FC76CFCB637A995E9783C2E4343C3D4F8FD3EE33A8CC4ED359A079990C22BF41E5747DDE7E9341F4721BFE"
            "9683D2EE719A9C26D7DD74509D0E6287C56F791954A683C86FF65B5E06B5C36777181466A7E3F5B0AB4A0795"
            "DDE936284C06B5D3EE741B642FBBD3E1360B14AFA7DD"
        ),
        (
            "0045000B915121551532F40000A0050003000302DE73BABC4E0695F165F9384D0FD3D36F37A8CE6687DBE337"
            "881D16BFE5E939C89D9EA741753A28CC4EC7EB6938A88C0795C3A0F1BBDD7E93DFA0F1DB3D2FC7EB61BA8B58"
            "4FCF41E13ABD0C4ACBEBF23288FC66BFE5A0B41B242FC3E56574D94D2ECBD37450DA0DB2BFD975383D4C2F83"
            "EC65769A0E2ACFE765D038CD66D7DB20F29BFD2E83CA"
        ),
        (
            "0045000B915121551532F400008C050003000303EA2073FD9C0ED341EE3A9B1D06C1C3F274985E97BB8AF871"
            "194E2FD7E5A079DA4D07BDC7E370791CA683C675789A1CA687E920F7DB0D82CBDF6972D94D6781E675371D94"
            "7683C675363C0C8AD7D3A0B7D99C1EA7C32072795E96D7DD7450FBCD66A7E9A0B03BDD06A5C9A0F29C0E6287"
            "C56F79BD0D"
        ),
    ]


def test_a_capture_whose_user_data_came_short_is_read_and_marked() -> None:
    submit = decode_submit(
        bytes.fromhex("0041010C910661345542F60008A0050003000301306F3044"), tpdu_length=23
    )

    assert submit.is_cut
    assert text_of(submit.user_data) == "はい"
    assert concatenation_of(submit.user_data.header) == Concatenation(
        reference=0, total=3, number=1
    )


def test_published_status_reports_are_read() -> None:
    report = reported("079194710600400706360D91947106000000F122206151457440222061514584400000")

    assert (report.reference, report.status, str(report.recipient)) == (54, 0, "+4917600000001")
    assert report.sent_at.moment == datetime(2022, 2, 16, 15, 54, 47, tzinfo=zone(1))
    assert report.finished_at.moment == datetime(2022, 2, 16, 15, 54, 48, tzinfo=zone(1))
    assert not report.parameters.is_cut

    bare = reported("0006D60B911326880736F4111011719551401110117195714000")
    assert (bare.centre, bare.reference, str(bare.recipient)) == (None, 214, "+31628870634")
    assert bare.finished_at.moment == datetime(2011, 1, 11, 17, 59, 17, tzinfo=zone(1))
    assert encode_status_report(bare).hex().upper() == (
        "0006D60B911326880736F4111011719551401110117195714000"
    )


def test_a_report_of_a_modem_that_mangles_the_number_is_read_all_the_same() -> None:
    report = reported("0297F1061C0F910B487228297020F5317062419272803170624192138000")

    assert report.reference == 28
    assert str(report.recipient) == "+#08427829207025"
    assert report.finished_at.moment == datetime(2013, 7, 26, 14, 29, 31, tzinfo=zone(2))


@pytest.mark.parametrize(
    ("octets", "address"),
    [
        ("0A918967452301", Address.of("+9876543210")),
        ("099189674523F1", Address.of("+987654321")),
        ("0B917228195339F4", Address.of("+27829135934")),
        ("0AA11092997856", Address(value="0129998765", kind=NumberType.NATIONAL)),
        ("06D061F118", Address.of("abc")),
        ("0ED04669D0397C26A7", Address.of("FRANCOIS")),
        ("14D0E10D6FE3DBA036A94D19", Address.of("a[]{}€")),
    ],
)
def test_published_addresses_are_written_as_published(octets: str, address: Address) -> None:
    assert address.octets.hex().upper() == octets


@pytest.mark.parametrize(
    ("octets", "moment"),
    [
        ("51117200000000", datetime(2015, 11, 27, tzinfo=zone(0))),
        ("51117200000080", datetime(2015, 11, 27, tzinfo=zone(2))),
        ("70402132522423", datetime(2007, 4, 12, 23, 25, 42, tzinfo=zone(8))),
        ("7040213252242B", datetime(2007, 4, 12, 23, 25, 42, tzinfo=zone(-8))),
    ],
)
def test_published_time_stamps_are_read_and_written(octets: str, moment: datetime) -> None:
    stamp = TimeStamp(octets=bytes.fromhex(octets))

    assert stamp.moment == moment
    assert TimeStamp.of(moment) == stamp


def test_a_published_header_of_ports_is_kept_with_the_octets_behind_it() -> None:
    # The header of a ring tone, as manuals of smart messaging have it: to port 5505.
    data = bytes.fromhex("0605041581000002")
    pdu = bytes.fromhex("00510007817214365500F5A7") + bytes((len(data),)) + data

    submit = decode_submit(pdu)

    assert ports_of(submit.user_data.header) == Ports(destination=0x1581, source=0)
    assert submit.user_data.content == b"\x02"
    assert (submit.scheme.coding, submit.scheme.message_class) == (Coding.BINARY, 1)
