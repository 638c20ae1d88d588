"""
Virtual modems on pseudo-terminals, and the network between them: to develop, test and show with.

Every number outside the simulator simply receives. Numbers below +9990, a country code that
nobody has, behave in particular ways; NNN are the last three digits::

    +99901…         the report says: failed for good (0x45)
    +99902…         the report says: expired (0x46)
    +99903…         a report that the network still tries (0x20), then one of delivery
    +99904…         no report ever comes
    +99905…NNN      refused with +CMS ERROR: NNN
    +99906…         the modem takes the message, never answers, and no report comes
    +99907…         the modem takes the message, then its port vanishes for a moment
    +99908…NNN      the report of delivery comes NNN seconds late
    +99909…         the report of delivery comes before the modem has told the reference
    +9990001…NNN    refused with +CME ERROR: NNN
    +9990002…       delivered, and the same text comes back as a message from there
    +9990003…NNN    the modem tells the reference NNN seconds late
    +9990004…       the report of delivery comes twice
    +9990005…       the report says: forwarded, and nothing more is known (0x01)
    +9990006…       the modem says OK without a reference
    +9990007…NNN    the report says NNN, any value of TP-ST (23.040, 9.2.3.15) in decimal
    +9990008…       a report that the network still tries (0x20), and nothing more
    +9990011…       a call finds it busy
    +9990012…       a call is not answered
    +9990013…       a call cannot be put through

The modems themselves are +99910001, +99910002 and so on, and may write to one another.

========================= =====================================================================
:class:`ModemSimulator`   modems on pseudo-terminals or TCP ports, for any program
:class:`SimulatedLines`   the same in memory, on a :class:`VirtualTime` that leaps
:class:`Fault`            what can go wrong with them, and :class:`How`
:class:`Wire`             what lies between a modem and its port
:class:`Personality`      whom a modem resembles
:class:`Scenario`         which modems there are and what happens when, from TOML
:func:`ask`               plays fate in another process, over its control socket
``simulator.pytest``      fixtures
========================= =====================================================================

The page ``docs/simulator.md`` has an example of each.
"""

from smscore_modem.simulator._actions import Action, Doing
from smscore_modem.simulator._control import RefusedRequest, ask
from smscore_modem.simulator._faults import Cure, Fault, How, Point
from smscore_modem.simulator._lines import SimulatedLines
from smscore_modem.simulator._modem import VirtualModem
from smscore_modem.simulator._network import VirtualNetwork
from smscore_modem.simulator._personality import Answer, Personality, Said
from smscore_modem.simulator._runner import ModemSimulator, SimulatorBroke, run
from smscore_modem.simulator._scenario import ModemTable, Scenario, Step
from smscore_modem.simulator._submissions import Submission, Verdict
from smscore_modem.simulator._troubles import Faults
from smscore_modem.simulator._virtual_time import Standstill, VirtualTime
from smscore_modem.simulator._wires import LOSSY, ONE_BYTE, PERFECT, SLOW, Wire, wire_of

__all__ = [
    "LOSSY",
    "ONE_BYTE",
    "PERFECT",
    "SLOW",
    "Action",
    "Answer",
    "Cure",
    "Doing",
    "Fault",
    "Faults",
    "How",
    "ModemSimulator",
    "ModemTable",
    "Personality",
    "Point",
    "RefusedRequest",
    "Said",
    "Scenario",
    "SimulatedLines",
    "SimulatorBroke",
    "Standstill",
    "Step",
    "Submission",
    "Verdict",
    "VirtualModem",
    "VirtualNetwork",
    "VirtualTime",
    "Wire",
    "ask",
    "run",
    "wire_of",
]
