import pytest

from smscore_server._listening import address, listen
from smscore_server._output import Failure


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("127.0.0.1", 65536),
        ("127.0.0.1", -1),
        ("127.0.0.1", 2**80),
        ("a\0b", 0),
        ("nowhere..invalid", 0),
        ("127.0.0.1\udcff", 0),
        ("192.0.2.1", 0),  # RFC 5737: nobody has it
    ],
)
def test_what_cannot_be_listened_on_is_a_failure(host: str, port: int):
    with pytest.raises(Failure, match=r"^cannot listen on port"):
        listen(host, port)


def test_a_free_port_can_be_chosen_and_is_told():
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]

        assert port > 0
        assert address(listener) == f"http://127.0.0.1:{port}"
