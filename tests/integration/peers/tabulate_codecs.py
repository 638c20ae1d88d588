"""
Tells what the codecs of gsm0338 and gsmcodecs do, in whose environment it runs. A line in:
``{"package": …, "locking": identifier, "single": identifier}``, where 0 is the default table. A
line out: ``{"decoded": {octets in hex: text}, "encoded": {character: octets in hex}}``, asked for
each septet, alone and after the escape, and for each character of plane 0; without what the codec
refuses. ``null`` if the package is not installed.
"""

import importlib
import json
import sys

CHARACTERS = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000]
SEPTETS = [bytes([septet]) for septet in range(128)]
SEQUENCES = SEPTETS + [b"\x1b" + septet for septet in SEPTETS]


def codec(package, locking, single):
    if package.__name__ == "gsmcodecs":
        return package.Codec(locking, single)
    if (locking, single) == (0, 0):
        return package.Codec()
    if (locking, single) == (0, 2):
        return package.Codec(single_shift_decode_map=package.SINGLE_SHIFT_CHARACTER_SET_SPANISH)
    raise LookupError("gsm0338 has no other tables")


def accepted(questions, convert):
    for question in questions:
        try:
            answer, _ = convert(question)
        except UnicodeError:
            continue
        if answer:
            yield question, answer


def tabulate(package, locking, single):
    try:
        asked = codec(importlib.import_module(package), locking, single)
    except ModuleNotFoundError:
        return None
    return {
        "decoded": {octets.hex(): text for octets, text in accepted(SEQUENCES, asked.decode)},
        "encoded": {char: octets.hex() for char, octets in accepted(CHARACTERS, asked.encode)},
    }


for line in sys.stdin:
    sys.stdout.write(json.dumps(tabulate(**json.loads(line))) + "\n")
