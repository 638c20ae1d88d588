"""
Virtual modems on pseudo-terminals, and the network between them: to develop, test and show with.

Every number outside the simulator simply receives. Numbers below +9990, a country code that
nobody has, behave in particular ways::

    +99901…      the report says: failed for good (0x45)
    +99902…      the report says: expired (0x46)
    +99903…      a report that the network still tries (0x20), then one of delivery
    +99904…      no report ever comes
    +99905…NNN   refused with +CMS ERROR: NNN, the last three digits
    +99906…      the modem takes the message and never answers
    +99907…      the modem takes the message, then its port vanishes for a moment

The modems themselves are +99910001, +99910002 and so on, and may write to one another.
"""

from smscore_modem.simulator._modem import Submission, Verdict, VirtualModem
from smscore_modem.simulator._network import VirtualNetwork
from smscore_modem.simulator._runner import ModemSimulator, run

__all__ = ["ModemSimulator", "Submission", "Verdict", "VirtualModem", "VirtualNetwork", "run"]
