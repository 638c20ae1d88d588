"""
The way out of what a modem says of itself, as data: the first pattern that is found counts.

``{which}`` stands for the option that names the modem, ``{channel}`` for its channel, and
``{page}`` for the page that tells more.
"""

__all__ = ["OTHERWISE", "REMEDIES"]

REMEDIES: tuple[tuple[str, str], ...] = (
    (
        r"put aside",
        (
            "unplug it and plug it in again, or 'smscore modem reset {which}'; "
            "'smscore modem transcript {which}' shows what was said"
        ),
    ),
    (
        r"SIM PUK|asks for .*PUK",
        (
            "the PIN was wrong three times; enter the PUK from the card's letter: "
            "smscore modem pin {which}"
        ),
    ),
    (
        r"asks for its PIN|configured PIN|refused its PIN|tries left|asks for SIM PIN",
        (
            "smscore modem pin {which} asks for it once; `pin` in [channels.{channel}] "
            "enters it by itself after each start"
        ),
    ),
    (r"asks for (PH-|.*PIN2)", "take the lock off in a telephone; {page} says more"),
    (
        r"SIM cannot be used|not ready for messages|CME ERROR: 1[0-5]|CMS ERROR: 31",
        "is a SIM inserted, the right way round, and does it work in a telephone?",
    ),
    (
        r"roaming",
        "roaming = true in [channels.{channel}] allows it; it may cost more",
    ),
    (
        r"refuses what this SIM sends",
        (
            "has it credit left ('smscore modem ussd CODE {which}')? Operators also block what "
            "looks like a machine: send slower by gap and per_day in [channels.{channel}]"
        ),
    ),
    (
        r"another modem answers|has the modem with the IMEI",
        "is it the right stick? Correct imei or port in [channels.{channel}]",
    ),
    (
        r"denie[sd]|emergency",
        "the network refuses this SIM: is it active and paid for, and allowed in this modem?",
    ),
    (
        r"registered|searching|registration",
        (
            "is the antenna connected? 'smscore modem signal {which}' shows what it "
            "receives; a new SIM may take an hour until it is active"
        ),
    ),
    (
        r"message centre",
        'centre = "+49…" in [channels.{channel}]: the number of your operator\'s centre',
    ),
    (
        r"being reset by hand",
        "it takes its time; 'smscore modem signal {which}' says how it is, --wait waits for longer",
    ),
    (
        r"no modem answers|no answer|did not answer",
        (
            "a stick has several ports, and only some take commands: try its others with "
            "'smscore modem identify --port PATH'; is ModemManager at it? See {page}"
        ),
    ),
    (
        r"cannot open",
        "is the device there, free, and allowed to you? See {page}",
    ),
)

OTHERWISE = "'smscore modem transcript {which}' shows what was said; see {page}"
