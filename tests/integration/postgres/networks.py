"""
Hosts with addresses and cables of their own: network namespaces that one bridge joins.

Nothing of them has a name outside, so nothing is left behind: the kernel forgets a namespace with
the last process, connection and descriptor in it. What else the machine has is not touched.
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Self

__all__ = ["Host", "Network", "NoNamespaces"]

_CLONE_NEWNET = 0x40000000  # sched.h
_MINE = "/proc/thread-self/ns/net"
_ADDRESS = "10.77.0.{}"
_PATIENCE = 30.0
_libc = ctypes.CDLL(None, use_errno=True)


class NoNamespaces(Exception):
    """This machine, or this user, cannot have any; it says why."""


class _Namespace:
    """A network that nobody is in at first."""

    def __init__(self, resources: ExitStack) -> None:
        with _coming_back():
            _check(_libc.unshare(_CLONE_NEWNET))
            self.descriptor = os.open(_MINE, os.O_RDONLY)
            resources.callback(os.close, self.descriptor)
            _ip("link", "set", "lo", "up")

    @contextmanager
    def inside(self) -> Iterator[None]:
        """
        Until the block ends the thread is there, and nowhere else.

        So are the processes and threads that it starts, for ever. Sockets stay where they were
        made, and those that are files are the same everywhere.
        """
        with _coming_back():
            _enter(self.descriptor)
            yield


class Host(_Namespace):
    """One on the network, by the name of its cable."""

    def __init__(
        self, resources: ExitStack, *, name: str, address: str, switch: _Namespace
    ) -> None:
        super().__init__(resources)
        self.name = name
        self.address = address
        self._switch = switch
        peer = f"/proc/{os.getpid()}/fd/{self.descriptor}"
        with switch.inside():
            _ip("link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", peer)
            _ip("link", "set", name, "master", "switch", "up")
        with self.inside():
            _ip("address", "add", f"{address}/24", "dev", "eth0")
            _ip("link", "set", "eth0", "up")

    def pull(self) -> None:
        """Its cable: whoever is connected to it, or from it, is told nothing."""
        with self._switch.inside():
            _ip("link", "set", self.name, "down")

    def plug(self) -> None:
        """The cable again."""
        with self._switch.inside():
            _ip("link", "set", self.name, "up")


class Network:
    """
    A switch and its hosts, by their names. Alive within a ``with`` block.

    Entering it raises :class:`NoNamespaces` where there can be none.
    """

    def __init__(self, *names: str) -> None:
        self._names = names
        self._hosts: dict[str, Host] = {}
        self._resources = ExitStack()

    def __enter__(self) -> Self:
        if shutil.which("ip") is None:
            raise NoNamespaces("there is no 'ip'; it comes with the package iproute2")
        with ExitStack() as resources:
            switch = _Namespace(resources)
            with switch.inside():
                _ip("link", "add", "switch", "type", "bridge")
                _ip("link", "set", "switch", "up")
            for number, name in enumerate(self._names, start=1):
                address = _ADDRESS.format(number)
                self._hosts[name] = Host(resources, name=name, address=address, switch=switch)
            self._resources = resources.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    def __getitem__(self, name: str) -> Host:
        return self._hosts[name]


@contextmanager
def _coming_back() -> Iterator[None]:
    """Wherever the thread goes within the block."""
    own = os.open(_MINE, os.O_RDONLY)
    try:
        yield
    finally:
        _enter(own)
        os.close(own)


def _enter(descriptor: int) -> None:
    _check(_libc.setns(descriptor, _CLONE_NEWNET))


def _check(result: int) -> None:
    if result != 0:
        raise NoNamespaces(f"{os.strerror(ctypes.get_errno())}; they are for root")


def _ip(*words: str) -> None:
    done = subprocess.run(
        ["ip", *words], capture_output=True, text=True, timeout=_PATIENCE, check=False
    )
    if done.returncode != 0:
        raise NoNamespaces(f"'ip {' '.join(words)}' failed: {done.stderr.strip()}")
