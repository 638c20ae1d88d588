import re
from pathlib import Path

import smscore
from smscore.domain.events import KINDS

_KIND = re.compile(r"\"((?:message|rule|channel)\.[a-z_]+)\"")


def test_what_the_core_calls_an_event_is_of_a_known_kind() -> None:
    source = Path(smscore.__file__).parent
    found = {kind for file in source.rglob("*.py") for kind in _KIND.findall(file.read_text())}

    assert "message.rerouted" in found
    assert found <= KINDS
