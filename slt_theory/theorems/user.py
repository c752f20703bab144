"""A user's own bound, checked like a published one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.lattice import to_fraction
from slt_theory.laws import Law, read_law

__all__ = ["Bound"]


@dataclass(frozen=True)
class Bound:
    """ "n(eps, delta) numbers suffice", a claim to be checked like a published one.

    Parameters
    ----------
    name : str
    n : callable
        ``n(eps, delta) -> number``; rounded up.
    law : Law, str or frozen distribution
        The law of one random number, see `slt_theory.laws.read_law`: a name, a
        `slt_theory.laws.Law`, or a frozen distribution of scipy.stats.
    targets : "all", "fixed:Z" or "random"
        One sample for all targets of the window, one fixed target, or a uniform target a trial.
    window : (lo, hi)
        The range of targets.
    error : number
        The guaranteed error is ``error * eps``: 2 for statements that promise 2 eps.
    asks : dict
        ``size``, ``lock``, ``prune``, ``dim``, as in `slt_theory.experiments.threshold`.

    Examples
    --------
    >>> import math
    >>> Bound("mine", n=lambda eps, delta: 2 * math.log2(1 / eps) + 3).required_n(0.01, 0.1)
    17
    """

    name: str
    n: Callable[[float, float], float]
    law: Any = "uniform"
    targets: str = "all"
    window: tuple[Any, Any] = (-1, 1)
    error: Any = 1
    asks: dict[str, Any] = field(default_factory=dict)
    law_: Law = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "law_", read_law(self.law))
        lo, hi = (to_fraction("window", end) for end in self.window)
        if lo > hi:
            raise BadInput("window", self.window, "must satisfy lo <= hi")
        if to_fraction("error", self.error) <= 0:
            raise BadInput("error", self.error, "must be > 0")

    def required_n(self, eps: float, delta: float) -> int:
        """The n that the bound asks for."""
        try:
            value = self.n(eps, delta)
        except Exception as error:
            # Whatever the user's function raises is about that function.
            raise BadInput(
                "n", self.name, f"raised {type(error).__name__} at eps = {eps}: {error}"
            ) from error
        try:
            needed = math.ceil(value)
        except (TypeError, ValueError, OverflowError):
            raise BadInput(
                "n", value, f"the bound {self.name!r} must return a finite number"
            ) from None
        if needed < 0:
            raise BadInput("n", value, f"the bound {self.name!r} must not be negative")
        return needed

    def guaranteed(self, eps: Any) -> Fraction:
        """The error that the bound promises at this eps."""
        return to_fraction("error", self.error) * to_fraction("eps", eps)
