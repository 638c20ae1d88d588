"""
Answers what python-gsmmodem was told to do, one line of JSON each way: a program of its own.
"""

import json
import queue
import sys

from gsmmodem.modem import GsmModem

PATIENCE = 30


class Session:
    def connect(self, port):
        self.received = queue.SimpleQueue()
        self.modem = GsmModem(port, 115200, smsReceivedCallbackFunc=self.received.put)
        self.modem.connect()
        return {
            "manufacturer": self.modem.manufacturer,
            "imei": self.modem.imei,
            "network": self.modem.networkName,
            "number": self.modem.ownNumber,
            "signal": self.modem.signalStrength,
        }

    def use_text_mode(self):
        self.modem.smsTextMode = True

    def stored(self, memory):
        found = self.modem.listStoredSms(memory=memory)
        return [[sms.number, sms.text] for sms in found]

    def ring(self, number):
        call = self.modem.dial(number)
        call.hangup()
        return {"was_answered": call.answered, "is_over": not call.active}

    def send(self, recipient, text):
        sms = self.modem.sendSms(
            recipient, text, waitForDeliveryReport=True, deliveryTimeout=PATIENCE
        )
        return {"reference": sms.reference, "is_delivered": sms.status == sms.DELIVERED}

    def receive(self):
        sms = self.received.get(timeout=PATIENCE)
        return {"sender": sms.number, "text": sms.text}

    def ussd(self, code):
        self.session = self.modem.sendUssd(code, responseTimeout=PATIENCE)
        return {"text": self.session.message, "wants_reply": self.session.sessionActive}

    def reply(self, choice):
        self.session = self.session.reply(choice)
        return {"text": self.session.message, "wants_reply": self.session.sessionActive}


session = Session()
for line in sys.stdin:
    name, *arguments = json.loads(line)
    sys.stdout.write(json.dumps(getattr(session, name)(*arguments)) + "\n")
    sys.stdout.flush()
session.modem.close()
