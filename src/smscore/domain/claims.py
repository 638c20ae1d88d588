"""
Claims: which phones may have a message, as its story tells, and whose word settles it.

A claim is the hand-out of a message to a phone. It is open until that phone says that it could not
send the message; a success ends them all. A story remembers what a delivery has left behind: it may
have gone on to other channels since.
"""

from collections.abc import Sequence

import attrs

from smscore.domain.events import Event

__all__ = ["Claims"]

_NAMELESS = ""  # who polls or reports without a name


@attrs.frozen(kw_only=True)
class Claims:
    """
    What a message's story says of the phones of one channel.

    ``holders`` are the names under which it was handed out, one for each time; ``refusers`` those
    who have said since that they could not send it, and ``renamed`` those of them who spoke for a
    phone that had another name. All begin anew when such a word ended it here.
    """

    holders: tuple[str, ...] = ()
    refusers: frozenset[str] = frozenset()
    renamed: frozenset[str] = frozenset()
    is_known: bool = False  # whether phones ever had it, or ended it
    is_only: bool = False  # whether it was handed out once, and no phone had ended it before

    @classmethod
    def told_by(cls, story: Sequence[Event], *, channel: str) -> "Claims":
        """The claims on a message, by all of its events in their order."""
        claims = cls()
        for event in story:
            if event.detail.get("channel") == channel:
                claims = claims._after(event)
        return claims

    def has_word_of(self, device: str | None) -> bool:
        """Whether this phone has said before that it could not send the message."""
        return (device or _NAMELESS) in self.refusers

    def is_beside_the_point(self, device: str | None) -> bool:
        """
        Whether this phone's word that it could not send the message changes nothing.

        It has said so before, or so has the only one that was handed the message. Or it was never
        handed it under this name, and as many others of that kind have said so as there are claims
        without a name: a story has an end, whatever names somebody makes up.
        """
        strangers = self.refusers - set(self.holders) - self.renamed
        is_stranger = (device or _NAMELESS) not in self.holders
        most = max(1, self.holders.count(_NAMELESS))
        is_over = self.is_only and self.refusers.issuperset(self.holders)
        return is_over or self.has_word_of(device) or (is_stranger and len(strangers) >= most)

    def is_open_to_others(self, device: str | None) -> bool:
        """
        Whether a phone other than this one may still have it.

        What was handed out once is with one phone, whatever that is called by now. Else names are
        believed. A claim without a name is that of any phone that has none under its own name; a
        word without a name is that of one claim without a name, or else of the only one.
        """
        if self.is_only:
            return False
        name = device or _NAMELESS
        if name == _NAMELESS and _NAMELESS not in self.holders:
            return len(set(self.holders) - self.refusers) > 1
        done = self.refusers | {name}
        named = set(self.holders) - {_NAMELESS}
        nameless = self.holders.count(_NAMELESS)
        return bool(named - done) or nameless > len(done - named - self.renamed)

    def _held_by(self, name: str) -> "Claims":
        return attrs.evolve(
            self, holders=(*self.holders, name), is_known=True, is_only=not self.is_known
        )

    def _after(self, event: Event) -> "Claims":
        name = str(event.detail.get("device") or _NAMELESS)
        match event.kind:
            case "message.sending" if name == _NAMELESS:
                return self._held_by(name)
            case "message.sending":
                return self._forgetting(name)._held_by(name)
            case "message.failed" | "message.rerouted":
                return Claims(is_known=True)
            case "message.reported":
                return self._refused_by(name)
            case _:
                return self

    def _forgetting(self, name: str) -> "Claims":
        return attrs.evolve(self, refusers=self.refusers - {name}, renamed=self.renamed - {name})

    def _refused_by(self, name: str) -> "Claims":
        meant = set(self.holders) - {_NAMELESS} if self.is_only else set()
        return attrs.evolve(
            self,
            refusers=self.refusers | meant | {name},
            renamed=self.renamed | ({name} - meant if meant else set()),
            is_known=True,
        )
