"""
What an examination finds: one thing that was looked at, and the way to mend it.
"""

import enum

import attrs

__all__ = ["Finding", "Verdict", "note", "ok", "wrong"]


class Verdict(enum.StrEnum):
    """What a finding means for the operator."""

    OK = "ok"
    NOTE = "note"  # good to know, nothing to mend
    WRONG = "wrong"


@attrs.frozen(kw_only=True)
class Finding:
    """One thing that was looked at, and the way to mend it if it is broken."""

    subject: str
    verdict: Verdict
    detail: str
    remedy: str | None = None

    def as_document(self) -> dict[str, str | None]:
        """As JSON shows it."""
        return {
            "subject": self.subject,
            "verdict": self.verdict.value,
            "detail": self.detail,
            "remedy": self.remedy,
        }


def ok(subject: str, detail: str) -> Finding:
    """Nothing to do."""
    return Finding(subject=subject, verdict=Verdict.OK, detail=detail)


def note(subject: str, detail: str, *, remedy: str | None = None) -> Finding:
    """Good to know."""
    return Finding(subject=subject, verdict=Verdict.NOTE, detail=detail, remedy=remedy)


def wrong(subject: str, detail: str, *, remedy: str) -> Finding:
    """To be mended."""
    return Finding(subject=subject, verdict=Verdict.WRONG, detail=detail, remedy=remedy)
