"""
Scenarios: modems and what happens to them when, read from TOML.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import attrs

from smscore.errors import ConfigurationError
from smscore.structuring import nearest, read_toml, structure
from smscore_modem.simulator._actions import Action, Doing
from smscore_modem.simulator._personality import Personality
from smscore_modem.simulator._seats import Seat, read_transcript_file
from smscore_modem.simulator._wires import wire_of

__all__ = ["ModemTable", "Scenario", "Step"]


def _check_name(_: object, __: object, name: str | None) -> None:
    if name is not None and (not name or "/" in name or name.startswith(".")):
        raise ValueError(f"a name of a modem has no slash and begins with no dot, unlike {name!r}")


def _check_profile(_: object, __: object, name: str) -> None:
    known = Personality.names()
    if name not in known:
        raise ValueError(f"no modem is called {name!r}{nearest(name, known)}")


def _check_wire(_: object, __: object, text: str) -> None:
    wire_of(text)


@attrs.frozen(kw_only=True)
class ModemTable:
    """One modem of a scenario; ``replay`` names a transcript, from the directory of the file."""

    name: str | None = attrs.field(default=None, validator=_check_name)
    profile: str = attrs.field(default="generic", validator=_check_profile)
    pin: str | None = attrs.field(default=None, repr=False)
    wire: str = attrs.field(default="perfect", validator=_check_wire)
    replay: Path | None = None


@attrs.frozen(kw_only=True)
class Step(Action):
    """Something that is done ``at`` so many seconds after the beginning."""

    at: float = attrs.field(validator=attrs.validators.ge(0))


@attrs.frozen(kw_only=True)
class Scenario:
    """What a scenario says; without ``modems`` it has one."""

    modems: tuple[ModemTable, ...] = (ModemTable(),)
    steps: tuple[Step, ...] = ()
    report_delay: float | None = attrs.field(
        default=None, validator=attrs.validators.optional(attrs.validators.ge(0))
    )
    directory: Path = Path()

    @classmethod
    def load(cls, path: Path) -> Self:
        """
        Read a scenario from a file.

        Raises:
            ConfigurationError: it cannot be read, or is none; the file, the place in it and the
                way out are named.
        """
        try:
            content = read_toml(path)
        except OSError as cause:
            raise ConfigurationError(f"cannot read {path}: {cause.strerror}") from cause
        except tomllib.TOMLDecodeError as cause:
            raise ConfigurationError(f"{path} is not TOML: {cause}") from cause
        except ConfigurationError as cause:
            raise ConfigurationError(f"{path}: {cause}") from cause
        return cls.of(content, directory=path.parent, where=str(path))

    @classmethod
    def of(
        cls, content: Mapping[str, Any], *, directory: Path = Path(), where: str = "scenario"
    ) -> Self:
        """
        The same from parsed TOML.

        Raises:
            ConfigurationError: it is no scenario.
        """
        try:
            scenario = attrs.evolve(structure(content, cls, where=""), directory=directory)
            scenario.check()
        except (ConfigurationError, ValueError) as cause:
            raise ConfigurationError(f"{where}: {cause}") from cause
        return scenario

    def check(self) -> None:
        """
        Look at what no single value says.

        Raises:
            ConfigurationError: there are two modems of a name, or a step is for none of them.
        """
        names = self.names
        if twice := [name for name in names if names.count(name) > 1]:
            raise ConfigurationError(f"two modems are called {twice[0]!r}")
        for number, step in enumerate(self.steps):
            if step.modem not in names:
                raise ConfigurationError(
                    f"steps.{number}: no modem is called {step.modem!r}{nearest(step.modem, names)}"
                )
            is_replayed = self.modems[names.index(step.modem)].replay is not None
            if is_replayed and step.do not in (Doing.UNPLUG, Doing.PLUG):
                raise ConfigurationError(
                    f"steps.{number}: {step.modem} is replayed: it can only be unplugged"
                )

    @property
    def names(self) -> tuple[str, ...]:
        """Of the modems, ``modem1`` and so on where none is given."""
        return tuple(
            table.name or f"modem{number}" for number, table in enumerate(self.modems, start=1)
        )

    def seats(self) -> tuple[Seat, ...]:
        """
        The modems; those that are replayed come last.

        Raises:
            ValueError: a file is no transcript; it names it.
            OSError: it cannot be read.
        """
        found = [
            Seat(
                name=name,
                profile=table.profile,
                pin=table.pin,
                wire=wire_of(table.wire),
                replay=read_transcript_file(self.directory / table.replay)
                if table.replay is not None
                else None,
            )
            for name, table in zip(self.names, self.modems, strict=True)
        ]
        return tuple(sorted(found, key=lambda seat: seat.replay is not None))
