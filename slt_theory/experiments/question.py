"""What is asked of random numbers: which targets, at which error, by which subsets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.lattice import positive_fraction, to_fraction
from slt_theory.laws import Law, read_law

__all__ = ["Question"]


@dataclass(frozen=True)
class Question:
    """Targets to be reached: every target of [lo, hi], one fixed target, or a random one.

    Attributes
    ----------
    law : Law
    eps : Fraction
        Error allowed, in the target's unit.
    lo, hi : Fraction
        Window of targets; equal for one fixed target.
    random : bool
        A fresh target for every trial, uniform on the window's 2**-52 grid.
    size : int or None
        Only subsets of exactly this many numbers count.
    lock, prune : Fraction
        Each number is, independently, always in the sum with probability `lock` and never with
        probability `prune`; a fresh pattern for every trial.
    dim : int
        Vectors with this many independent coordinates, compared in the sup-norm.
    written : str
        The law as it was given in words, from which another process makes it again.
    """

    law: Law
    eps: Fraction
    lo: Fraction
    hi: Fraction
    random: bool = False
    size: int | None = None
    lock: Fraction = Fraction(0)
    prune: Fraction = Fraction(0)
    dim: int = 1
    written: str = field(default="", compare=False)

    @classmethod
    def of(
        cls,
        law: Any,
        eps: Any,
        targets: str | tuple[Any, Any],
        lo: Any,
        hi: Any,
        *,
        size: int | None = None,
        lock: Any = 0,
        prune: Any = 0,
        dim: int = 1,
    ) -> Question:
        """Read "all", "fixed:Z", "random" or a window (lo, hi), and what is asked of subsets.

        Raises
        ------
        BadInput
            For anything else, a window with lo > hi, or demands that do not go together.
        """
        written = law if isinstance(law, str) else ""
        exact = positive_fraction("eps", eps)
        if isinstance(targets, tuple):
            lo, hi = targets
            targets = "all"
        if targets.startswith("fixed:"):
            lo = hi = to_fraction("targets", targets.removeprefix("fixed:"))
        elif targets not in ("all", "random"):
            raise BadInput("targets", targets, "must be all, fixed:Z or random")
        low, high = to_fraction("lo", lo), to_fraction("hi", hi)
        if low > high:
            raise BadInput("lo, hi", (str(lo), str(hi)), "must satisfy lo <= hi")
        question = cls(
            read_law(law),
            exact,
            low,
            high,
            random=targets == "random",
            size=size,
            lock=to_fraction("lock", lock),
            prune=to_fraction("prune", prune),
            dim=dim,
            written=written,
        )
        question._check()
        return question

    @classmethod
    def demands(cls, asks: Mapping[str, Any]) -> dict[str, Any]:
        """The ``asks`` of an entry or a bound as arguments of `of`; shares may be text."""
        return {k: to_fraction(k, v) if k in ("lock", "prune") else v for k, v in asks.items()}

    def _check(self) -> None:
        if self.size is not None and not 1 <= self.size <= 64:
            raise BadInput("size", self.size, "must lie in 1..64")
        if not 1 <= self.dim <= 8:
            raise BadInput("dim", self.dim, "must lie in 1..8")
        if min(self.lock, self.prune) < 0 or self.lock + self.prune >= 1:
            raise BadInput(
                "lock, prune",
                (str(self.lock), str(self.prune)),
                "are shares >= 0 that leave some numbers free",
                "lock + prune < 1",
            )
        demands = [self.size is not None, self.is_frozen, self.dim > 1]
        if sum(demands) > 1:
            raise BadInput(
                "size, lock, prune, dim", "several", "only one of these is supported at a time"
            )
        if self.dim > 1 and self.targets == "all":
            raise BadInput(
                "targets",
                "all",
                "is not decided for vectors",
                "ask for fixed:Z (the same Z in every coordinate) or random",
            )

    @property
    def is_frozen(self) -> bool:
        """True if a share of the numbers is locked or pruned."""
        return bool(self.lock or self.prune)

    @property
    def targets(self) -> str:
        """The quantifier, as on the command line."""
        if self.random:
            return "random"
        return "all" if self.lo < self.hi else f"fixed:{self.lo}"

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON; rationals as floats."""
        return {
            "law": self.law.name,
            "coupling": float(self.law.coupling),
            "variation": float(self.law.variation),
            "law_note": self.law.note,
            "eps": float(self.eps),
            "lo": float(self.lo),
            "hi": float(self.hi),
            "targets": self.targets,
            "size": self.size,
            "lock": float(self.lock),
            "prune": float(self.prune),
            "dim": self.dim,
        }
