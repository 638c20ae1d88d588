import pytest

from smscore.errors import ConfigurationError
from smscore_smtp import Client, TextFrom, options_of


def test_what_is_not_given_is_careful():
    options = options_of({"domains": ["sms.example.org"]})

    assert (options.host, options.clients, options.inboxes) == ("127.0.0.1", (), {})
    assert options.text is TextFrom.BODY
    assert options.name == "sms.example.org"


def test_a_whole_table_is_understood():
    options = options_of(
        {
            "domains": ["sms.example.org"],
            "hostname": "gate",
            "clients": [{"account": "shop", "networks": ["10.0.0.0/8"], "senders": ["@a.example"]}],
            "inboxes": {"in@sms.example.org": "shop", "all@sms.example.org": ""},
        }
    )

    assert options.clients == (
        Client(account="shop", networks=("10.0.0.0/8",), senders=("@a.example",)),
    )
    assert options.name == "gate"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "domains"),
        ({"domains": []}, "domains are missing"),
        ({"domains": ["no domain"]}, "write sms.example.org"),
        ({"domians": ["a.example"]}, "did you mean 'domains'"),
        ({"port": 70_000}, r"^\[smtp\] port must be between 0 and 65535, not 70000$"),
        ({"text": "all"}, "body, subject, both"),
        ({"networks": ["10.0.0.1/8"]}, r"\[smtp\] networks: .*; write 10.0.0.0/8"),
        ({"deny": ["example.org"]}, "@example.org"),
        ({"clients": [{}]}, "account"),
        ({"clients": [{"account": "no name"}]}, r"\[smtp.clients.0\] account cannot be"),
        ({"clients": [{"account": "a", "network": []}]}, "did you mean 'networks'"),
        ({"inboxes": {"inbox": "shop"}}, "inbox@sms.example.org"),
        ({"inboxes": {"a@b": "no name"}}, "no name of an account"),
        ({"key": "k.pem"}, "need a certificate"),
        ({"require_tls": True}, "need a certificate"),
        ({"timeout": float("nan")}, "timeout must be between"),
    ],
)
def test_a_mistake_is_named_with_its_remedy(table, said):
    with pytest.raises(ConfigurationError, match=said):
        options_of({"domains": ["sms.example.org"], **table} if table else table)
