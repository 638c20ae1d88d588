"""
Verifies webhooks with standardwebhooks, in whose environment it runs. A line in:
``{"body": base64, "headers": {…}, "secret": …}``. A line out: ``true`` or ``false``.
"""

import base64
import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError

for line in sys.stdin:
    question = json.loads(line)
    try:
        Webhook(question["secret"]).verify(base64.b64decode(question["body"]), question["headers"])
    except (WebhookVerificationError, ValueError):
        is_genuine = False
    else:
        is_genuine = True
    sys.stdout.write(json.dumps(is_genuine) + "\n")
    sys.stdout.flush()
