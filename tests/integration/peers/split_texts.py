"""
Cuts texts with smsutil, in whose environment it runs. A line in: a text. A line out:
``{"encoding": …, "parts": [text, …], "octets": …}``.
"""

import json
import sys

import smsutil

for line in sys.stdin:
    cut = smsutil.split(json.loads(line))
    answer = {
        "encoding": cut.encoding,
        "parts": [part.content for part in cut.parts],
        "octets": cut.total_bytes,
    }
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
