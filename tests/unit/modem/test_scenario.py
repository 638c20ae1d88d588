"""
Scenarios: what a file may say, what it hears when it says it wrongly, and what happens then.
"""

import tomllib
from pathlib import Path

import pytest

from smscore.errors import ConfigurationError
from smscore_modem.simulator import Scenario, SimulatedLines, VirtualTime
from smscore_modem.simulator._scenario import ModemTable


def scenario(text: str) -> Scenario:
    return Scenario.of(tomllib.loads(text))


def test_a_scenario_names_its_modems() -> None:
    office, spare = scenario(
        """
        [[modems]]
        name = "office"
        profile = "huawei"
        pin = "1234"
        wire = "slow:2400"
        [[modems]]
        """
    ).seats()

    assert (office.name, office.profile, office.pin) == ("office", "huawei", "1234")
    assert office.wire.gap == pytest.approx(10 / 2400)
    assert (spare.name, spare.profile, spare.pin) == ("modem2", "generic", None)


def test_without_modems_it_has_one() -> None:
    assert scenario("").modems == (ModemTable(),)


def test_a_pin_is_not_shown() -> None:
    loaded = scenario('[[modems]]\npin = "9753"')

    assert "9753" not in repr(loaded)
    assert "9753" not in repr(loaded.seats())


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[modem]]", "unknown key 'modem'; did you mean 'modems'?"),
        ("[[modems]]\nprofil = 'huawei'", "unknown key 'profil'; did you mean 'profile'?"),
        ("[[modems]]\nprofile = 'huawai'", "no modem is called 'huawai'; did you mean 'huawei'?"),
        ("[[modems]]\nwire = 'fast'", "'fast' is no wire; there are perfect, one-byte"),
        ("[[modems]]\nname = 'a/b'", "no slash"),
        ("[[modems]]\nname = 'x'\n[[modems]]\nname = 'x'", "two modems are called 'x'"),
        ("report_delay = -1", "report_delay"),
        ("[[steps]]\nat = 1", "steps.0.do: 'do' is missing"),
        ("[[steps]]\ndo = 'unplug'", "steps.0.at: 'at' is missing"),
        ("[[steps]]\nat = -1\ndo = 'unplug'", "at"),
        ("[[steps]]\nat = 1\ndo = 'explode'", "must be one of inject, fault, end, unplug, plug"),
        ("[[steps]]\nat = 1\ndo = 'inject'\ntext = 'x'", "inject needs sender"),
        ("[[steps]]\nat = 1\ndo = 'unplug'\nfault = 'silent'", "unplug takes no fault"),
        ("[[steps]]\nat = 1\ndo = 'fault'\nfault = 'silence'", "did you mean 'silent'?"),
        (
            "[[steps]]\nat = 1\ndo = 'inject'\ntext = 'x'\nsender = 'x23456789012'",
            "x23456789012",
        ),
        (
            f"[[steps]]\nat = 1\ndo = 'inject'\nsender = '+491'\ntext = '{'x' * 99_999}'",
            "the text cannot arrive",
        ),
        (
            "[[modems]]\nreplay = 'x'\n[[steps]]\nat = 1\ndo = 'fault'\nfault = 'silent'",
            "steps.0: modem1 is replayed: it can only be unplugged",
        ),
        ("[[steps]]\nat = 1\ndo = 'unplug'\nmodem = 'modem9'", "steps.0: no modem is called"),
    ],
)
def test_a_mistake_is_named(text: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        scenario(text)

    assert str(refusal.value).startswith("scenario: ")
    assert complaint in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read .*nowhere\.toml: No such file"):
        Scenario.load(tmp_path / "nowhere.toml")


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_text("steps = [")

    with pytest.raises(ConfigurationError, match=r"scenario\.toml is not TOML: "):
        Scenario.load(path)


def test_a_file_may_be_saved_as_editors_of_windows_save_it(tmp_path: Path) -> None:
    path = tmp_path / "scenario.toml"
    path.write_bytes(b"\xef\xbb\xbf[[modems]]\r\n[[modems]]\r\n")
    other = tmp_path / "other.toml"
    other.write_bytes("# für\n".encode("latin-1"))

    assert len(Scenario.load(path).seats()) == 2
    with pytest.raises(ConfigurationError, match=r"other\.toml: line 1 is not valid UTF-8"):
        Scenario.load(other)


def test_a_transcript_is_looked_for_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("0.000 > AT\\r\n0.010 < \\r\\nOK\\r\\n")
    path = tmp_path / "scenario.toml"
    path.write_text('[[modems]]\nreplay = "old.txt"\n[[modems]]')

    real, replayed = Scenario.load(path).seats()

    assert (real.name, real.replay) == ("modem2", None)
    assert replayed.replay is not None


EVENTFUL = """
report_delay = 2

[[modems]]
name = "office"

[[steps]]
at = 1
do = "inject"
modem = "office"
sender = "+491701234567"
text = "hello"

[[steps]]
at = 10
do = "fault"
modem = "office"
fault = "no_registration"

[[steps]]
at = 20
do = "end"
modem = "office"

[[steps]]
at = 30
do = "unplug"
modem = "office"

[[steps]]
at = 40
do = "plug"
modem = "office"
renamed = true
"""


def test_it_happens_when_it_says() -> None:
    time = VirtualTime()
    lines = SimulatedLines(time=time, scenario=scenario(EVENTFUL))
    seen: list[tuple[int, object, object, object]] = []
    for seconds in (0, 5, 15, 25, 35, 45):
        time.sleep(seconds - time.monotonic())
        (office,) = lines.state()
        stored = sum(dict(office["stored"]).values())  # type: ignore[call-overload]  # of JSON
        seen.append((seconds, office["port"], office["registration"], stored))

    assert seen == [
        (0, "office", 1, 0),
        (5, "office", 1, 1),
        (15, "office", 2, 1),
        (25, "office", 1, 1),
        (35, None, 0, 1),
        (45, "office-2", 1, 1),
    ]
