"""
The configuration files that ``init`` and ``demo`` write: every setting explained where it is.
"""

from collections.abc import Mapping

__all__ = ["CONFIGURATION", "demo_configuration"]

CONFIGURATION = """\
# The configuration of smscore. What is commented out shows the default.
# Relative paths begin at this file. After a change: smscore check, then restart the server.

[store]
# url = "sqlite:///smscore.db"

[security]
# Queue tokens are derived from this file: keep it secret, and make it part of every backup.
# key_file = "smscore.key"

[http]
# host = "127.0.0.1"      # loopback: "0.0.0.0" to be reached from elsewhere, with TLS or a proxy
# port = 8080
# certificate = "cert.pem"   # PEM: with it the port speaks TLS; read again on SIGHUP
# key = "key.pem"         # else it is in the file of the certificate
# plain_port = 8081       # also without TLS, for those who cannot speak it
# public_url = "https://sms.example.org"   # from outside: where networks call, phones download
# explain = false         # true: api.php says in its body why it refused
# trusted_proxies = ["127.0.0.1"]   # networks of proxies that are believed who calls
# submit_timeout = 4.0    # seconds until a submission is given up
# access_log = true       # a line for each request, about a tenth of its time
# open_state = false      # true: state.php answers without a login
# metrics = "off"         # "login", or "open" for everybody: /metrics, for Prometheus
# docs = true             # false: no /openapi.json and no /docs, which are for everybody

[log]
# format = "text"         # "json": each line an object, for programs
# texts = false           # true: 'serve --verbose' shows texts of messages, too

[phones]
# silent_after = 900      # seconds without a word, after which 'smscore check' shows a phone

[inbound]
# wait_for_parts = 3600   # seconds until a long message is kept without the parts that are missing

[apps]
# directory = "apps"      # the files of published apps; by default beside the database

[alerts]
# channel_down = 120      # seconds until somebody hears of it; also queue_age and others
# low_credit = 100        # credits of an account, at which somebody hears of it
# [alerts.receivers.ops]  # who that is: url = "https://…", or to = "ops@example.org" by mail
# url = "https://ops.example.org/smscore"

[tracing]
# endpoint = "http://127.0.0.1:4318/v1/traces"    # a collector of OpenTelemetry
# ratio = 1.0                                     # how many of the messages are traced

[webhooks]
# allow = ["10.0.0.0/8"]      # networks that may be called though they are not public
# disable_after = 432000.0    # seconds of nothing but failures until a webhook is switched off

[consent]
# stop = ["STOPP", "CANCEL"]  # words that end messages, instead of those of docs/consent.md
# stop_reply = "You will get no more messages."   # "" for no answer; also start, start_reply
# help_reply = "Shop: +49 30 1234567"   # the answer to HELP, and to the words of help
# account = "shop"            # who answers what came by channels that belong to no account

[plugins]
# enabled = ["modem", "sqlmodel", "identity", "policy", "webhook"]   # else all

# What an account's plan allows; a limit that is absent does not exist. These three are built in:
# [tariffs.standard]
# provider_per_second = 10
# queue_per_minute = 60
# [tariffs.enterprise]
# provider_per_second = 50
# queue_per_minute = 60
# [tariffs.unlimited]

# One table for each channel. Messages go to the channels in this order, if no rule says otherwise
# (smscore rules apply --help).
# [channels.modem-1]
# transport = "modem"
# port = "/dev/serial/by-id/usb-…"   # 'smscore modem list' shows what there is
# pin = "1234"            # of the SIM; without it 'smscore modem pin' asks for it
# gap = 3.0               # seconds between two messages; consumer SIMs get blocked for haste
# per_day = 500           # parts that the SIM sends at most; also per_minute, per_hour, per_month
# price = 1               # credits for each part
# account = "shop"        # whose received messages are
# in_doubt = "indeterminate"   # may it have left? "resend" sends it again, "fail" gives it up
# [channels.modem-1.retry]     # did it not leave?
# max_attempts = 5
# first_delay = 5.0       # seconds; then factor times as long each time
# factor = 4.0
# longest_delay = 900.0

# What goes to e-mail addresses goes through a relay; see docs/email.md.
# [channels.mail]
# transport = "email"
# host = "smtp.example.org"
# tls = "starttls"        # or "implicit", from the first word on, or "none"
# username = "gateway"    # without one, no login
# password_file = "/etc/smscore/relay-password"
# from_address = "gateway@example.org"
# subject = "{text}"      # the beginning of the text

# Channels that stand for one another, under one name that rules can use.
# [groups.modems]
# channels = ["modem-1", "modem-2"]

# From e-mail to SMS: takes mails to 00491701234567@sms.example.org, or a contact or group there.
# [smtp]
# domains = ["sms.example.org"]
# host = "127.0.0.1"
# port = 2525
# text = "body"           # or "subject" or "both"
# certificate = "mail.pem"    # PEM, with its key: for STARTTLS, and for logins from elsewhere
# [[smtp.clients]]        # who sends without a login, and for which account
# account = "shop"
# networks = ["127.0.0.0/8", "::1/128"]
# [smtp.inboxes]          # mails to here are received, and go through the inbound rules
# "inbox@sms.example.org" = "shop"

# 'smscore agent', in place of 'smscore serve': send for another server by the channels above.
# [agent]
# server = "https://gateway.example/api"
# token_file = "token"    # of the account there
# device = "attic"        # by which name that server knows us
"""

_DEMO_HEAD = """\
# The configuration of the demo, written by 'smscore demo' and kept from then on.
# 'smscore init' writes one that explains every setting.

[store]
url = "sqlite:///smscore.db"

[security]
key_file = "smscore.key"

[http]
# api.php says why it refuses; elsewhere that is off, for it tells strangers more than they need.
explain = true

# Webhooks may go to programs on this machine, for trying them out.
[webhooks]
allow = ["127.0.0.0/8", "::1/128"]

# Two simulated modems, which the demo starts, on pseudo-terminals with stable names.
"""

_DEMO_CHANNEL = """\
[channels.{name}]
transport = "modem"
port = "{port}"
gap = 0   # between messages; nobody blocks these SIMs for sending like a machine

"""

_DEMO_TAIL = """\
# A rule may name them as one: messages spread over both.
[groups.modems]
channels = [{names}]
"""


def demo_configuration(ports: Mapping[str, str]) -> str:
    """The demo's configuration, for modems on these ports by channel name."""
    # A path may hold anything that a TOML string must escape; quotes and backslashes do.
    quoted = {name: port.replace("\\", "\\\\").replace('"', '\\"') for name, port in ports.items()}
    channels = "".join(_DEMO_CHANNEL.format(name=name, port=port) for name, port in quoted.items())
    names = ", ".join(f'"{name}"' for name in ports)
    return _DEMO_HEAD + channels + _DEMO_TAIL.format(names=names)
