"""Lemmas with a probability, and their exact sequential test.

"The probability is at least p0" is tested by looks at 32, 128, 512, ... independent trials. A look
refutes the lemma if so few successes have probability at most ``alpha / looks`` under p0; by the
union bound a true lemma is refuted with probability at most alpha, whatever the seed. What the test
can see is its power, stated with every result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.statistics import Alarm, binomial_alarm
from slt_theory.testing.frame import Frame
from slt_theory.testing.lemma import Variables, named_arguments

__all__ = ["ALPHA", "ChanceLemma", "ChanceTest", "looks"]

ALPHA = 1e-9
FIRST_LOOK = 32


def looks(trials: int) -> tuple[int, ...]:
    """Numbers of trials after which the test looks: 32, 128, 512, ..., and the last one."""
    taken, at = [], FIRST_LOOK
    while at < trials:
        taken.append(at)
        at *= 4
    return (*taken, trials)


@lru_cache(maxsize=4096)
def _alarm(claimed: float, alternative: float, trials: int, alpha: float) -> Alarm:
    return binomial_alarm(claimed, alternative, trials, alpha=alpha)


@dataclass(frozen=True)
class ChanceTest:
    """Outcome of the sequential test at one choice of parameters.

    Attributes
    ----------
    refuted : bool
        With false-alarm probability at most `alpha`.
    claimed : float
        The probability that the lemma promises.
    successes, trials : int
    alpha : float
    power : float
        Probability of an alarm if the truth were `alternative`.
    alternative : float
        Halfway from the claim to 0 on the side of failure: twice the failure probability claimed,
        or half the success probability if that is less.
    """

    lemma_id: str
    values: Mapping[str, Any]
    refuted: bool
    claimed: float
    successes: int
    trials: int
    alpha: float
    power: float
    alternative: float
    seed: int

    @property
    def margin(self) -> float:
        """Observed frequency minus the claim."""
        return self.successes / self.trials - self.claimed

    def code(self) -> str:
        """Python that reproduces it; for a lemma of your own, define ``lemma`` first."""
        from slt_theory.testing.catalogue import is_known

        lines = ["from fractions import Fraction", ""]
        if is_known(self.lemma_id):
            lines += [
                "from slt_theory.testing import get_lemma",
                "",
                f"lemma = get_lemma({self.lemma_id!r})",
            ]
        given = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        lines += [
            f"test = lemma.test({given}, trials={self.trials}, seed={self.seed})",
            f"assert test.refuted  # {self.successes} of {self.trials}, "
            f"claimed {self.claimed:.6g}, alpha {self.alpha:g}",
        ]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "values": {name: repr(value) for name, value in self.values.items()},
            "claimed": self.claimed,
            "successes": self.successes,
            "trials": self.trials,
            "alpha": self.alpha,
            "power": self.power,
            "alternative": self.alternative,
            "seed": self.seed,
            "margin": self.margin,
            "code": self.code(),
        }


@dataclass(frozen=True, eq=False)
class ChanceLemma:
    """For all parameters that satisfy the hypotheses, an event has at least a stated probability.

    Parameters
    ----------
    id, statement, variables, given, proof, theorem, source
        As in `Lemma`; the variables are the parameters.
    at_least : callable
        Takes parameters by name; the probability claimed. Nothing is claimed where it is <= 0.
    trial : callable, optional
        ``trial(rng, ...)`` takes a numpy Generator and parameters by name; whether the event
        happened in one independent trial.
    count : callable, optional
        In place of `trial`, for speed: ``count(seed, start, trials, ...)`` is the number of
        successes among trials ``start .. start + trials - 1`` of a seed.
    points : tuple of mappings
        Parameters at which `assert_lemma` tests; by default some of the grid.
    """

    id: str
    statement: str
    variables: Variables
    at_least: Callable[..., Any]
    trial: Callable[..., bool] | None = None
    count: Callable[..., int] | None = None
    given: Any = ()
    points: tuple[Mapping[str, Any], ...] = ()
    proof: str | None = None
    theorem: str | None = None
    source: str = ""
    hypotheses: tuple[Callable[..., bool], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if (self.trial is None) == (self.count is None):
            raise BadInput("trial, count", self.id, "give exactly one of them")
        given = self.given if isinstance(self.given, tuple | list) else (self.given,)
        object.__setattr__(self, "hypotheses", tuple(given))

    @cached_property
    def frame(self) -> Frame:
        """The parameters as one search space."""
        return Frame(self.variables)

    def holds_hypotheses(self, values: Mapping[str, Any]) -> bool:
        """Whether all hypotheses hold."""
        return all(_call(hypothesis, values) for hypothesis in self.hypotheses)

    def claimed(self, values: Mapping[str, Any]) -> float:
        """The probability that the lemma promises, rounded down to a float."""
        exact = _call(self.at_least, values)
        nearest = float(exact)
        return nearest if nearest <= exact else math.nextafter(nearest, -math.inf)

    def successes(self, values: Mapping[str, Any], *, seed: int, start: int, trials: int) -> int:
        """Number of successes among trials ``start .. start + trials - 1`` of a seed."""
        if self.count is not None:
            extra = {"seed": seed, "start": start, "trials": trials}
            return int(_call(self.count, {**values, **extra}))
        assert self.trial is not None
        import numpy as np

        # One generator a look; its key is the seed and the number of the first trial.
        sequence = np.random.SeedSequence(seed, spawn_key=(start,))
        rng = np.random.Generator(np.random.Philox(sequence))
        takes = {n: values[n] for n in named_arguments(self.trial) if n != "rng"}
        return sum(bool(self.trial(rng, **takes)) for _ in range(trials))

    def test(
        self, *, trials: int = 2048, alpha: float = ALPHA, seed: int = 0, **values: Any
    ) -> ChanceTest:
        """The sequential test at one choice of parameters.

        Raises
        ------
        BadInput
            If a hypothesis fails there, or nothing is claimed.
        """
        claimed = self.claimed(values)
        if not self.holds_hypotheses(values):
            raise BadInput("values", values, f"do not satisfy the hypotheses of {self.id}")
        if claimed <= 0:
            raise BadInput("values", values, f"are such that {self.id} claims nothing")
        claimed = min(claimed, 1.0)
        alternative = max(claimed / 2, 1 - 2 * (1 - claimed)) if claimed < 1 else 0.5
        at = looks(trials)
        share = alpha / len(at)
        successes = done = 0
        refuted = False
        for look in at:
            successes += self.successes(values, seed=seed, start=done, trials=look - done)
            done = look
            if claimed >= 1:
                refuted = successes < done
            else:
                refuted = successes <= _alarm(claimed, alternative, done, share).threshold
            if refuted:
                break
        power = (
            1 - alternative**trials
            if claimed >= 1
            else _alarm(claimed, alternative, trials, share).power
        )
        return ChanceTest(
            self.id, dict(values), refuted, claimed, successes, done, alpha, power, alternative,
            seed,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"ChanceLemma({self.id!r}: {self.statement})"


def _call(function: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    return function(**{name: values[name] for name in named_arguments(function)})
