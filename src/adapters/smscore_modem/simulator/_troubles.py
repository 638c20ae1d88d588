"""
The faults of one virtual modem: which of them wait for their moment, are there, and end when.
"""

from collections.abc import Callable

import attrs

from smscore_modem.simulator._faults import Cure, Fault, How, Point

__all__ = ["Faults"]


@attrs.define(kw_only=True, eq=False)
class _Trouble:
    """A fault that waits for its point, or is there."""

    fault: Fault
    how: How
    skip: int
    commands_left: int | None
    times_left: int | None


class Faults:
    """
    What is wrong with one modem.

    ``start`` makes a fault felt, and says whether it stays; ``stop`` undoes it; ``after`` does
    something in so many seconds.
    """

    def __init__(
        self,
        *,
        start: Callable[[Fault, How], bool],
        stop: Callable[[Fault], None],
        after: Callable[[float, Callable[[], None]], None],
    ) -> None:
        self._start = start
        self._stop = stop
        self._after = after
        self._waiting: list[_Trouble] = []
        self._present: list[_Trouble] = []

    # For whoever plays fate.

    def begin(self, fault: Fault | str, **how: object) -> None:
        """
        Let something go wrong: ``begin(Fault.SILENT, commands=3)``, or all of it in one line,
        ``begin("refuses cms=21 times=2")``.

        Raises:
            ValueError: there is no such fault, or it cannot be like that.
        """
        name, written = Fault.parse(fault)
        self._add(name, How.of({**attrs.asdict(written), **how}))

    def end(self, fault: Fault | str | None = None) -> None:
        """Put something right again, also before it began; without a name everything."""
        name = None if fault is None else Fault.parse(fault)[0]
        for trouble in (*self._present, *self._waiting):
            if name is None or trouble.fault is name:
                self._remove(trouble)

    @property
    def present(self) -> tuple[Fault, ...]:
        """What is wrong now."""
        return tuple(trouble.fault for trouble in self._present)

    # For the modem.

    def __contains__(self, fault: Fault) -> bool:
        return bool(self._present) and any(one.fault is fault for one in self._present)

    def how(self, fault: Fault) -> How | None:
        """In which way something is wrong now, if it is."""
        return next((one.how for one in self._present if one.fault is fault), None)

    def shows(self, fault: Fault, *, at: str | None = None, command: str = "+CMGS") -> How | None:
        """The same, and it counts as one of the times."""
        for trouble in self._present:
            if trouble.fault is not fault or trouble.how.command != command:
                continue
            if at is None or at == _effective_point(trouble.how):
                self._count_times(trouble)
                return trouble.how
        return None

    def reach(self, point: str) -> None:
        """Let begin what waits for a point."""
        for trouble in [trouble for trouble in self._waiting if trouble.how.at == point]:
            if trouble.skip:
                trouble.skip -= 1
            else:
                self._waiting.remove(trouble)
                self._make_felt(trouble)

    def count_command(self) -> None:
        """A command line has passed."""
        for trouble in [one for one in self._present if one.commands_left is not None]:
            trouble.commands_left = (trouble.commands_left or 1) - 1
            if not trouble.commands_left:
                self._remove(trouble)

    def cure(self, cure: Cure) -> None:
        """Something happened that helps against some faults."""
        for trouble in tuple(self._present):
            needed = trouble.how.cure or _CURES.get(trouble.fault)
            if needed is not None and cure.includes(needed):
                self._remove(trouble)

    def _add(self, fault: Fault, how: How) -> None:
        trouble = _Trouble(
            fault=fault,
            how=how,
            skip=how.skip,
            commands_left=how.commands,
            times_left=how.times,
        )
        if how.at == Point.NOW:
            self._make_felt(trouble)
        else:
            self._waiting.append(trouble)

    def _make_felt(self, trouble: _Trouble) -> None:
        how = trouble.how
        self._present.append(trouble)
        if not self._start(trouble.fault, how):
            self._present.remove(trouble)
            self._again(trouble)
        elif how.seconds is not None:
            self._after(how.seconds, lambda: self._remove(trouble))

    def _again(self, trouble: _Trouble) -> None:
        """A fault that does not stay may come back at its point."""
        trouble.times_left = (trouble.times_left or 1) - 1
        if trouble.times_left and trouble.how.at != Point.NOW:
            self._waiting.append(trouble)

    def _count_times(self, trouble: _Trouble) -> None:
        if trouble.times_left is not None:
            trouble.times_left -= 1
            if not trouble.times_left:
                self._remove(trouble)

    def _remove(self, trouble: _Trouble) -> None:
        if trouble in self._waiting:
            self._waiting.remove(trouble)
        elif trouble in self._present:
            self._present.remove(trouble)
            self._stop(trouble.fault)


def _effective_point(how: How) -> str:
    """Where ``refuses`` refuses a message, when it has not begun in the middle of one."""
    return how.at if how.at in (Point.PROMPT, Point.TAKEN) else Point.PDU


# What helps even if nobody said so.
_CURES = {
    Fault.SILENT: Cure.POWER,
    Fault.HALF_A_LINE: Cure.POWER,
    Fault.GARBAGE: Cure.POWER,
    Fault.UNPLUGGED: Cure.POWER,
    Fault.RENAMED: Cure.POWER,
    Fault.SIM_FAILED: Cure.RADIO,
}
