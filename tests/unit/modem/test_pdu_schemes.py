import pytest

from smscore.domain.user_data import Coding
from smscore_modem._pdu import Scheme, Waiting, WaitingKind

GSM7, BINARY, UCS2 = Coding.GSM7, Coding.BINARY, Coding.UCS2


@pytest.mark.parametrize(
    ("octet", "coding", "message_class"),
    [
        # 23.038, 4: the general group 00xx, with and without a class.
        (0x00, GSM7, None),
        (0x03, GSM7, None),  # without bit 4 the class has no meaning
        (0x04, BINARY, None),
        (0x08, UCS2, None),
        (0x0C, GSM7, None),  # reserved
        (0x10, GSM7, 0),
        (0x11, GSM7, 1),
        (0x16, BINARY, 2),
        (0x18, UCS2, 0),
        (0x1B, UCS2, 3),
        # Compressed text cannot be read: it is kept as octets.
        (0x20, BINARY, None),
        (0x28, BINARY, None),
        (0x32, BINARY, 2),
        # 01xx: to be deleted after reading, else like 00xx.
        (0x40, GSM7, None),
        (0x48, UCS2, None),
        (0x55, BINARY, 1),
        (0x60, BINARY, None),
        # Reserved groups are read like the default alphabet.
        (0x80, GSM7, None),
        (0x94, GSM7, None),
        (0xA8, GSM7, None),
        (0xBF, GSM7, None),
        # Waiting messages.
        (0xC0, GSM7, None),
        (0xC8, GSM7, None),
        (0xD3, GSM7, None),
        (0xE0, UCS2, None),
        (0xEB, UCS2, None),
        # 1111: coding and class.
        (0xF0, GSM7, 0),
        (0xF1, GSM7, 1),
        (0xF6, BINARY, 2),
        (0xFB, GSM7, 3),  # bit 3 is reserved
    ],
)
def test_a_scheme_is_read_by_its_group(
    octet: int, coding: Coding, message_class: int | None
) -> None:
    scheme = Scheme(octet=octet)

    assert scheme.coding is coding
    assert scheme.message_class == message_class


@pytest.mark.parametrize(
    ("octet", "waiting"),
    [
        (0xC0, Waiting(kind=WaitingKind.VOICEMAIL, is_active=False, is_kept=False)),
        (0xC9, Waiting(kind=WaitingKind.FAX, is_active=True, is_kept=False)),
        (0xD8, Waiting(kind=WaitingKind.VOICEMAIL, is_active=True, is_kept=True)),
        (0xDE, Waiting(kind=WaitingKind.EMAIL, is_active=True, is_kept=True)),
        (0xE3, Waiting(kind=WaitingKind.OTHER, is_active=False, is_kept=True)),
        (0xF0, None),
        (0xBF, None),
        (0x00, None),
    ],
)
def test_three_groups_indicate_waiting_messages(octet: int, waiting: Waiting | None) -> None:
    assert Scheme(octet=octet).waiting == waiting


@pytest.mark.parametrize(
    ("coding", "message_class", "octet"),
    [
        (GSM7, None, 0x00),
        (GSM7, 0, 0x10),
        (UCS2, None, 0x08),
        (UCS2, 0, 0x18),
        (BINARY, None, 0x04),
        (BINARY, 3, 0x17),
    ],
)
def test_the_usual_schemes_are_of_the_general_group(
    coding: Coding, message_class: int | None, octet: int
) -> None:
    assert Scheme.of(coding, message_class) == Scheme(octet=octet) == Scheme.at(octet)


@pytest.mark.parametrize("message_class", [-1, 4])
def test_a_class_is_0_to_3(message_class: int) -> None:
    with pytest.raises(ValueError, match=f"class is 0 to 3 or None, not {message_class}"):
        Scheme.of(GSM7, message_class)


@pytest.mark.parametrize("octet", [-1, 256])
def test_a_scheme_is_an_octet(octet: int) -> None:
    with pytest.raises(ValueError, match=f"0 to 255, not {octet}"):
        Scheme(octet=octet)
