"""
A text on its whole way: asked for over HTTP, sent by a simulated modem, read from what that took.
"""

import json
import re

import httpx2

from smscore import GatewayConfig, build
from smscore.domain.alphabets import alphabet
from smscore.domain.languages import Language

TEXT = "Çok güzel bir gün: şimdi İstanbul'da, ığüşöç IĞÜŞÖÇ [50 €] {x} " * 4


def octets_of(pdu):
    """The user data of an SMS-SUBMIT (23.040, 9.2.2.2), and its length in septets."""
    rest = pdu[1 + pdu[0] :]  # behind the service centre's address
    first, digits = rest[0], rest[2]
    rest = rest[4 + (digits + 1) // 2 :]  # behind the recipient
    coding, validity = rest[1], {0x00: 0, 0x10: 1}.get(first & 0x18, 7)
    assert (first & 0x40, coding) == (0x40, 0)  # with a header, in 7-bit characters
    return rest[3 + validity :], rest[2 + validity]


def read(pdu):
    """The header of a part, and the septets behind it."""
    octets, count = octets_of(pdu)
    bits = int.from_bytes(octets, "little")
    begin = -(-(octets[0] + 1) * 8 // 7)  # septets under the header, fill bits included
    septets = bytes(bits >> 7 * place & 0x7F for place in range(begin, count))
    return octets[1 : octets[0] + 1], septets


def test_a_turkish_text_costs_the_national_price_and_arrives_as_it_was_given(
    start, installation, answer
):
    simulator = start("simulate", "--modems", "1", "--json", "--log", "taken.log")
    port = json.loads(simulator.line())["modems"][0]["port"]
    with (installation / "smscore.toml").open("a") as file:
        file.write(f'[channels.modem-1]\ntransport = "modem"\nport = "{port}"\n')
    answer("account", "create", "shop", "--language", "tr", "--credits", "9")
    bearer = {"Authorization": f"Bearer {answer('key', 'create', '--account', 'shop')['key']}"}
    url = re.search(r"http://\S+", start("serve", "--port", "0").line())[0]

    wish = {"to": "+491701234567", "message": TEXT}
    estimate = httpx2.post(f"{url}/v1/messages/estimate", json=wish, headers=bearer).json()
    sent = httpx2.post(f"{url}/v1/messages", json=wish, headers=bearer).json()

    message = sent["message_id"]
    with build(GatewayConfig.from_toml("smscore.toml")) as gateway:
        wakeup = gateway.store.wakeup("topic:events")
        while answer("status", message)["status"] != "delivered":
            assert wakeup.wait(10), answer("explain", message)
    assert estimate["languages"] == ["tr"]
    assert estimate["segments"] == sent["credits_used"] == answer("status", message)["parts"] == 2
    assert answer("explain", message)["events"][0]["detail"]["tables"]
    taken = (installation / "taken.log").read_text().splitlines()
    parts = [read(bytes.fromhex(json.loads(line)["pdu"])) for line in taken]
    assert all(b"\x24\x01\x01" in header or b"\x25\x01\x01" in header for header, _ in parts)
    assert len({header[2] for header, _ in parts}) == 1  # one reference
    tables = alphabet(
        single=Language.TURKISH if b"\x24\x01\x01" in parts[0][0] else None,
        locking=Language.TURKISH if b"\x25\x01\x01" in parts[0][0] else None,
    )
    assert "".join(tables.decode(septets) for _, septets in parts) == TEXT
