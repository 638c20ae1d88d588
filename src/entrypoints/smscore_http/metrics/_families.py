"""
What can be measured: the name of each thing, what it tells, and by what it is told apart.

Everything that tells it apart is of a bounded set: doors, outcomes, and channels of the
configuration. There is neither a number of a person nor the name of an account.
"""

import enum

import attrs

__all__ = ["FAMILIES", "Family", "Kind"]


class Kind(enum.StrEnum):
    """As Prometheus calls it."""

    COUNTER = "counter"  # only grows, from 0 at the start of the process
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@attrs.frozen
class Family:
    """All numbers of one name. ``bounds`` are those of a histogram."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_SLOW = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

SUBMISSIONS = Family(
    "smscore_submissions_total",
    Kind.COUNTER,
    "Requests to send that this process has answered, by the door that they came through and by "
    "what came of them: accepted; replayed if the idempotency key was known; the code of a "
    "refusal, which is for the caller to act upon; or overloaded, too_late, store_unavailable and "
    "error, which are for the operator.",
    ("surface", "outcome"),
)
ACCEPTED = Family(
    "smscore_messages_accepted_total",
    Kind.COUNTER,
    "Messages that this process has accepted: they are durable. One request can bring thousands.",
    ("surface",),
)
SUBMISSION_SECONDS = Family(
    "smscore_submission_seconds",
    Kind.HISTOGRAM,
    "How long this process took to decide on a request to send and to make its messages durable; "
    "reading the request and writing the answer come on top.",
    bounds=_FAST,
)
ENDED = Family(
    "smscore_messages_ended_total",
    Kind.COUNTER,
    "Messages that have come to their end: delivered, failed, expired or cancelled. Where networks "
    "do not report, most messages stay sent and are not counted here. All processes on one store "
    "tell the same: take the maximum, not the sum.",
    ("status",),
)
RECEIVED = Family(
    "smscore_messages_received_total",
    Kind.COUNTER,
    "Whole messages that came in, by the channel and by what they are. All processes on one store "
    "tell the same: take the maximum, not the sum.",
    ("channel", "kind"),
)
SENDS = Family(
    "smscore_sends_total",
    Kind.COUNTER,
    "What came of handing messages to a channel: sent (the network has all parts), retried (later, "
    "on the same channel), rerouted (the next channel gets it), resent (it was in doubt), failed, "
    "indeterminate (it may have left). All processes on one store tell the same: take the maximum, "
    "not the sum.",
    ("channel", "result"),
)
REPORTS = Family(
    "smscore_delivery_reports_total",
    Kind.COUNTER,
    "What networks and phones reported of messages that were sent, as far as it was news: "
    "delivered, failed, or pending while they still try. All processes on one store tell the same: "
    "take the maximum, not the sum.",
    ("channel", "outcome"),
)
ATTEMPTS = Family(
    "smscore_webhook_attempts_total",
    Kind.COUNTER,
    "Calls of endpoints by this process, by the class of the answer: 2xx was heard, whatever else "
    "is tried again; no_answer is a connection that failed, an address that is forbidden, or a "
    "time-out.",
    ("result",),
)
ATTEMPT_SECONDS = Family(
    "smscore_webhook_attempt_seconds",
    Kind.HISTOGRAM,
    "How long calls of endpoints took. Slow endpoints hold up their own events, not those of "
    "others.",
    bounds=_SLOW,
)
BATCH_UNITS = Family(
    "smscore_store_batch_units",
    Kind.HISTOGRAM,
    "How many units of work shared one commit of this process. Near 1 the store has time; the "
    "fuller the batches, the nearer it is to what the disk can take.",
    bounds=(1, 2, 5, 10, 20, 50, 100, 200, 500),
)
COMMIT_SECONDS = Family(
    "smscore_store_commit_seconds",
    Kind.HISTOGRAM,
    "How long the store took to make a batch durable: the disk's share of every answer.",
    bounds=_FAST,
)
STUMBLES = Family(
    "smscore_store_failures_total",
    Kind.COUNTER,
    "How often the store of this process failed and was opened anew, such as on a full disk. While "
    "it grows, nothing is accepted.",
)
STORE_UP = Family(
    "smscore_store_readable",
    Kind.GAUGE,
    "Whether the store could be read for these numbers; if it is 0, those of queues and webhooks "
    "are missing.",
)
QUEUE = Family(
    "smscore_queue_messages",
    Kind.GAUGE,
    "Messages that wait for a channel and could leave now; those for later do not count. All phone "
    "queues together are the channel phones.",
    ("channel",),
)
OLDEST = Family(
    "smscore_queue_oldest_seconds",
    Kind.GAUGE,
    "How long the oldest message of a queue has waited since it was accepted, or since the time "
    "that its customer chose; 0 if nothing waits. A queue may be long and well, but not old.",
    ("channel",),
)
READY = Family(
    "smscore_channel_ready",
    Kind.GAUGE,
    "Whether a channel of this process could send now. What can go another way does so after half "
    "a minute.",
    ("channel",),
)
DOWN = Family(
    "smscore_channel_down",
    Kind.GAUGE,
    "Whether a person should look after a channel: it could not send for half a minute, or says "
    "that only a person can help. 'smscore channel list' says why.",
    ("channel",),
)
MODE = Family(
    "smscore_channel_mode",
    Kind.GAUGE,
    "What an operator wants of a channel: the one mode that is 1 of running, paused (its queue "
    "waits) and draining (nothing new).",
    ("channel", "mode"),
)
SIGNAL = Family(
    "smscore_channel_signal_dbm",
    Kind.GAUGE,
    "How strong a modem's network comes in, in dBm: -51 is the best, below -99 is too weak, -113 "
    "is nothing. Missing while it is not known.",
    ("channel",),
)
SERVERS = Family(
    "smscore_servers",
    Kind.GAUGE,
    "Servers on the store that live, as this one sees it, by their role.",
    ("role",),
)
SILENT = Family(
    "smscore_phones_silent",
    Kind.GAUGE,
    "Phones that have neither polled nor reported for [phones] silent_after seconds.",
)
ENDPOINTS = Family(
    "smscore_webhook_endpoints_in_trouble",
    Kind.GAUGE,
    "Webhooks that do not hear: failing is still tried, disabled was switched off for it.",
    ("state",),
)
GIVEN_UP = Family(
    "smscore_webhook_deliveries_given_up",
    Kind.GAUGE,
    "Deliveries to endpoints, and pushes, that nobody tries any more, and that can be replayed.",
)
ALERTS = Family(
    "smscore_alerts",
    Kind.GAUGE,
    "Alerts that are raised, by kind, whether or not a receiver has heard of them; missing where "
    "[alerts] has no receivers. 'smscore alerts list' says what they are about.",
    ("kind",),
)
BUILD = Family(
    "smscore_build_info",
    Kind.GAUGE,
    "Always 1; the version is told by the label.",
    ("version",),
)

FAMILIES = (
    SUBMISSIONS,
    ACCEPTED,
    SUBMISSION_SECONDS,
    SENDS,
    REPORTS,
    ENDED,
    RECEIVED,
    ATTEMPTS,
    ATTEMPT_SECONDS,
    BATCH_UNITS,
    COMMIT_SECONDS,
    STUMBLES,
    STORE_UP,
    QUEUE,
    OLDEST,
    READY,
    DOWN,
    MODE,
    SIGNAL,
    SERVERS,
    SILENT,
    ENDPOINTS,
    GIVEN_UP,
    ALERTS,
    BUILD,
)
"""All of them, in the order in which they are told."""
