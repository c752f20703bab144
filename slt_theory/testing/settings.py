"""What a test run asks of `assert_lemma`, and what it leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["AssertionMargin", "Settings", "current"]


@dataclass(frozen=True)
class AssertionMargin:
    """Smallest margin of a lemma in one assertion."""

    lemma_id: str
    smallest_margin: float | None
    counted: str


@dataclass
class Settings:
    """Set by the pytest plugin; the defaults are quick and the same in every run."""

    budget: float | None = None
    seed: int = 0
    replay: dict[str, str] = field(default_factory=dict)
    records: list[AssertionMargin] = field(default_factory=list)


current = Settings()
