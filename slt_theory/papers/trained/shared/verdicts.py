"""How an experiment with replicates becomes an outcome: exact sign tests on paired differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from typing import Any

from slt_theory.statistics import Paired, Verdict, paired_verdict
from slt_theory.theorems.checks import Outcome

__all__ = ["FULL", "SMALL", "Scale", "beats", "equivalent", "not_worse"]

Values = Sequence[int | float | Fraction]


@dataclass(frozen=True)
class Scale:
    """Replicates and effort of an experiment.

    Attributes
    ----------
    replicates : int
        Independent splits, initial weights and orders of batches.
    effort : Fraction
        Factor of the training steps.
    """

    replicates: int
    effort: Fraction = Fraction(1)

    def steps(self, full: int) -> int:
        """The steps of a run that has `full` of them at full effort."""
        return max(1, round(full * self.effort))


#: Twenty wins of twenty-four decide at level 1e-3, with power 0.92 if an arm wins 9 times in 10.
FULL = Scale(24)

#: For tests of the code, not of a claim: it decides nothing.
SMALL = Scale(3, Fraction(1, 30))


def beats(
    first: Values,
    second: Values,
    what: str,
    *,
    smallest: Fraction | float = 0,
    arms: Mapping[str, Values] | None = None,
) -> Outcome:
    """The verdict on "the first arm beats the second", replicate by replicate.

    Parameters
    ----------
    first, second : sequences of numbers
        The statistic of each replicate under each arm, larger is better.
    what : str
        The two arms in words, e.g. "accuracy of the ticket over re-initialisation at density 1/20".
    smallest : number
        CONSISTENT also needs a median difference of at least this.
    arms : mapping, optional
        Further arms of the same replicates, recorded beside the two.

    Notes
    -----
    `slt_theory.statistics.paired_verdict` at level 1e-3 a side: about the randomness of split,
    initial weights and batches, given the data set.
    """
    return _outcome(first, second, what, Fraction(0), Fraction(smallest), arms)


def not_worse(
    first: Values,
    second: Values,
    what: str,
    *,
    margin: Fraction | float,
    arms: Mapping[str, Values] | None = None,
) -> Outcome:
    """The verdict on "the first arm is at most `margin` worse than the second"; see `beats`."""
    return _outcome(first, second, what, Fraction(margin), Fraction(0), arms)


def equivalent(
    first: Values,
    second: Values,
    what: str,
    *,
    margin: Fraction | float,
    arms: Mapping[str, Values] | None = None,
) -> Outcome:
    """The verdict on "the arms differ by at most `margin`": both one-sided tests must reject.

    VIOLATED if either side is; each side has level 1e-3.
    """
    sides = [
        _outcome(a, b, what, Fraction(margin), Fraction(0), arms)
        for a, b in ((first, second), (second, first))
    ]
    verdicts = {side.verdict for side in sides}
    found = next(
        v for v in (Verdict.VIOLATED, Verdict.INCONCLUSIVE, Verdict.CONSISTENT) if v in verdicts
    )
    back = sides[1].numbers
    evidence = f"{sides[0].evidence}; the other way {back['wins']} to {back['losses']}"
    return Outcome(found, evidence, sides[0].numbers)


def _outcome(
    first: Values,
    second: Values,
    what: str,
    margin: Fraction,
    smallest: Fraction,
    arms: Mapping[str, Values] | None,
) -> Outcome:
    differences = [Fraction(a) - Fraction(b) for a, b in zip(first, second, strict=True)]
    paired: Paired = paired_verdict(differences, margin=margin, smallest=smallest)
    ties = f", {paired.ties} ties" if paired.ties else ""
    within = f" with margin {float(margin):g}" if margin else ""
    least = f", asked {float(smallest):g}" if smallest else ""
    evidence = (
        f"{what}: {_middle(first):.4g} against {_middle(second):.4g}; "
        f"{paired.wins} to {paired.losses}{ties}{within}, median difference {paired.median:+.4g}"
        f"{least}"
    )
    recorded: dict[str, Any] = {
        **paired.to_dict(),
        "margin": float(margin),
        "smallest": float(smallest),
        "differences": [float(d) for d in differences],
        "arms": {
            name: [float(v) for v in values]
            for name, values in {"first": first, "second": second, **(arms or {})}.items()
        },
    }
    recorded["verdict"] = str(paired.verdict)
    return Outcome(paired.verdict, evidence, recorded)


def _middle(values: Values) -> float:
    return float(median([Fraction(value) for value in values]))
