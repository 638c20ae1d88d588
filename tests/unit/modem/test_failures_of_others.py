"""
What libraries that were tried get wrong, each as a test: from a text to PDUs, and back to a text.
"""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smscore.domain.description import describe
from smscore.domain.inbound import InboundPart
from smscore.domain.joining import join
from smscore.domain.languages import Language
from smscore.domain.segments import Encoding, EncodingOptions, split
from smscore.domain.user_data import Coding, UserData
from smscore.testing import NOON, a_part
from smscore_modem._pdu import (
    Deliver,
    MalformedPdu,
    StatusReport,
    Submit,
    decode_incoming,
    decode_submit,
    encode_deliver,
    encode_status_report,
    encode_submit,
)

NARROW, WIDE = EncodingOptions(), EncodingOptions(wide_reference=True)
# Each has what only its own tables have.
IN_THEIR_TABLES = {
    Language.TURKISH: "Çiğ köfteyi şimdi ısıttım, İŞ GÜÇ Ğ",
    Language.SPANISH: "¡Árbol, Íñigo! ¿Qué acción útil? ç Ú",
    Language.PORTUGUESE: "Ação, coração, pêssego, à ó õ Ã ∞",
    Language.BENGALI: "আমার সোনার বাংলা",
    Language.GUJARATI: "નમસ્તે દુનિયા",
    Language.HINDI: "नमस्ते दुनिया",
    Language.KANNADA: "ನಮಸ್ಕಾರ ಜಗತ್ತು",
    Language.MALAYALAM: "നമസ്കാരം ലോകം",
    Language.ORIYA: "ନମସ୍କାର ଦୁନିଆ",
    Language.PUNJABI: "ਸਤ ਸ੍ਰੀ ਅਕਾਲ",
    Language.TAMIL: "வணக்கம் உலகம்",
    Language.TELUGU: "నమస్కారం ప్రపంచం",
    Language.URDU: "آپ کیسے ہیں",
}


def pdus(text: str, options: EncodingOptions = NARROW) -> list[bytes]:
    segments = describe(text, options=options).segments
    return [
        encode_submit(
            Submit(recipient="+491701234567", user_data=segments.user_data(number, reference=0xA5))
        )
        for number in range(1, segments.count + 1)
    ]


def arrived(pdu: bytes) -> InboundPart:
    data = decode_submit(pdu).user_data
    return a_part(coding=data.coding, user_data=data.content, header=data.header)


def there_and_back(text: str, options: EncodingOptions = NARROW) -> str:
    (joined,) = join(arrived(pdu) for pdu in pdus(text, options))
    return joined.text


@pytest.mark.parametrize("before", range(140, 170))
@pytest.mark.parametrize("options", [NARROW, WIDE], ids=["8 bits", "16 bits"])
def test_an_escape_is_never_split_from_its_character(before: int, options: EncodingOptions) -> None:
    text = "a" * before + "€" * 100

    parts = [arrived(pdu) for pdu in pdus(text, options)]

    assert not any(part.user_data.endswith(b"\x1b") for part in parts)
    assert there_and_back(text, options) == text


@pytest.mark.parametrize("before", range(60, 75))
@pytest.mark.parametrize("options", [NARROW, WIDE], ids=["8 bits", "16 bits"])
def test_a_surrogate_pair_is_never_cut(before: int, options: EncodingOptions) -> None:
    text = "ж" * before + "😀" * 50

    for pdu in pdus(text, options):
        arrived(pdu).user_data.decode("utf-16-be")  # each part alone is valid
    assert there_and_back(text, options) == text


@pytest.mark.parametrize("length", range(1, 161))
def test_an_at_sign_at_the_end_is_not_lost_and_none_is_gained(length: int) -> None:
    # "@" is septet 0: as the eighth it looks like the padding behind seven.
    for text in ("a" * (length - 1) + "@", "a" * length, "@" * length):
        assert there_and_back(text) == text


@pytest.mark.parametrize("options", [NARROW, WIDE], ids=["8 bits", "16 bits"])
def test_the_first_character_of_each_part_survives_either_width_of_reference(
    options: EncodingOptions,
) -> None:
    text = "".join(chr(ord("A") + index % 26) for index in range(500))

    segments = split(text, options=options)

    assert segments.count > 3
    for part, pdu in zip(segments.parts, pdus(text, options), strict=True):
        assert arrived(pdu).user_data.decode() == part


@pytest.mark.parametrize("language", Language)
def test_a_national_text_arrives_in_the_tables_of_its_language(language: Language) -> None:
    text = IN_THEIR_TABLES[language]
    allowed = EncodingOptions(languages=(language,))

    assert split(text).encoding is Encoding.UCS2
    assert split(text, options=allowed).encoding is Encoding.GSM7
    assert there_and_back(text, allowed) == text
    assert there_and_back(text * 20, allowed) == text * 20


@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=500),
    st.builds(
        EncodingOptions,
        languages=st.lists(st.sampled_from(Language), max_size=2, unique=True).map(tuple),
        wide_reference=st.booleans(),
    ),
)
def test_any_text_arrives_as_it_was_written(text: str, options: EncodingOptions) -> None:
    assert there_and_back(text, options) == text


@pytest.mark.parametrize(
    "pdu",
    [
        encode_submit(
            Submit(recipient="+491701234567", user_data=split("hi").user_data(1, reference=0))
        ),
        encode_deliver(
            Deliver(
                sender="ACME",
                user_data=split("ж" * 100).user_data(2, reference=7),
                sent_at=NOON,
                centre="+4917012345",
            )
        ),
        encode_status_report(
            StatusReport(
                reference=1, recipient="+491701234567", status=0, sent_at=NOON, finished_at=NOON
            )
        ),
        encode_deliver(
            Deliver(
                sender="12345",
                user_data=UserData(coding=Coding.BINARY, content=b"\x01\x06\x03", header=b"\x70\0"),
                sent_at=NOON,
            )
        ),
    ],
    ids=["submit", "deliver", "status report", "binary"],
)
def test_truncated_input_is_refused_by_name_and_never_crashes(pdu: bytes) -> None:
    for length in range(len(pdu)):
        for decode in (decode_submit, decode_incoming):
            assert outcome(decode, pdu[:length]) in ("refused", "cut")


def outcome(decode: Callable[[bytes], Submit | Deliver | StatusReport], pdu: bytes) -> str:
    try:
        message = decode(pdu)
    except MalformedPdu as error:
        names_it = 0 <= error.at <= len(pdu) and str(error).startswith(f"octet {error.at}: ")
        return "refused" if names_it else f"refused without a place: {error}"
    return "cut" if getattr(message, "is_cut", False) else f"taken for {message}"
