"""What a certified bound says, and where its proof is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from slt_theory.records import Record

__all__ = ["Certified"]


@dataclass(frozen=True, slots=True)
class Certified(Record):
    """A number of random items that is proved to suffice.

    Attributes
    ----------
    n : int
        Items available to one target (or to all targets of the window at once).
    proof : str
        Id of the machine-checked proof in ``slt_theory.proofs``.
    error : float
        Error guaranteed for every target of the window, as the caller gave it.
    window : tuple of float
        The targets.
    method : str
        Which process gave the number: ``"lemma-r"``, ``"dynamic-program"``, ``"signed-pairs"``, ...
    steps : tuple of str
        The rules applied on the way (scaling, mixture, extension), readable.
    rests_on : tuple of str
        Ids of the further proofs that those rules need.
    """

    n: int
    proof: str
    error: float
    window: tuple[float, float]
    method: str
    steps: tuple[str, ...] = ()
    rests_on: tuple[str, ...] = ()

    def summary(self) -> str:
        """One line: the number, its method and its proof."""
        lo, hi = self.window
        return (
            f"n >= {self.n} suffices for error {self.error:g} on [{lo:g}, {hi:g}] "
            f"({self.method}, proof {self.proof})"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)
