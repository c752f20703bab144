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
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.statistics import Alarm, binomial_alarm
from slt_theory.testing.frame import Frame
from slt_theory.testing.lemma import Variables, named_arguments, noting
from slt_theory.testing.margins import is_undefined, taken, truth
from slt_theory.testing.relations import hypotheses_of

__all__ = ["ALPHA", "ChanceLemma", "ChanceTest", "least_trials", "looks"]

__tracebackhide__ = True

ALPHA = 1e-9
FIRST_LOOK = 32


def looks(trials: int) -> tuple[int, ...]:
    """Numbers of trials after which the test looks: 32, 128, 512, ..., and the last one."""
    taken, at = [], FIRST_LOOK
    while at < trials:
        taken.append(at)
        at *= 4
    return (*taken, trials)


def least_trials(claimed: float, alpha: float) -> int:
    """Trials of which some outcome refutes a claim: n with ``(1 - claimed)^n <= alpha / looks``.

    With fewer no outcome does, and the test says nothing; rounded upwards.
    """
    if claimed >= 1:
        return 1
    trials = 1
    for _ in range(4):  # looks grow by the logarithm of the trials: the second time settles it
        share = alpha / len(looks(trials))
        trials = math.ceil(math.log(share) / math.log1p(-claimed) * (1 + 1e-9)) + 1
    return trials


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
    def says_something(self) -> bool:
        """True if some outcome of so many trials would have refuted the claim."""
        return self.refuted or self.power > 0

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
        Takes parameters by name; the probability claimed, at most 1. Nothing is claimed where it
        is <= 0, as in a bound like ``1 - n * delta``.
    trial : callable, optional
        ``trial(rng, ...)`` takes a numpy Generator and parameters by name; whether the event
        happened in one independent trial.
    count : callable, optional
        In place of `trial`, for speed: ``count(seed, start, trials, ...)`` is the number of
        successes among trials ``start .. start + trials - 1`` of a seed.
    points : tuple of mappings
        Parameters at which `assert_lemma` tests; by default the simplest, then ends of ranges.
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
        conditions = [part for h in given for part in hypotheses_of(h)]
        object.__setattr__(self, "hypotheses", tuple(conditions))

    @cached_property
    def frame(self) -> Frame:
        """The parameters as one search space."""
        return Frame(self.variables)

    def holds_hypotheses(self, values: Mapping[str, Any]) -> bool:
        """True if all hypotheses hold."""
        with noting(self.id, values):
            return all(truth("given", _call(h, values)) for h in self.hypotheses)

    def claimed(self, values: Mapping[str, Any]) -> float:
        """The probability that the lemma promises, rounded down to a float.

        Raises
        ------
        BadInput
            If it is NaN, undefined or above 1.
        """
        with noting(self.id, values):
            value = _call(self.at_least, values)
            exact = taken(value, "at_least", "return a probability in [0, 1]")
            if is_undefined(exact) or exact > 1:
                raise BadInput("at_least", value, "is no probability", "it must lie in [0, 1]")
        if hasattr(exact, "lower"):
            low = exact.lower().fmpq()
            exact = Fraction(int(low.p), int(low.q))
        nearest = float(exact)
        return nearest if nearest <= exact else math.nextafter(nearest, -math.inf)

    def successes(self, values: Mapping[str, Any], *, seed: int, start: int, trials: int) -> int:
        """Number of successes among trials ``start .. start + trials - 1`` of a seed.

        Raises
        ------
        BadInput
            If `trial` returns no truth value, or `count` no integer of 0..trials.
        """
        with noting(self.id, values):
            return self._successes(values, seed, start, trials)

    def _successes(self, values: Mapping[str, Any], seed: int, start: int, trials: int) -> int:
        if self.count is not None:
            extra = {"seed": seed, "start": start, "trials": trials}
            number = _call(self.count, {**values, **extra})
            if not _is_integer(number) or not 0 <= number <= trials:
                raise BadInput("count", number, f"must be an integer of 0..{trials}")
            return int(number)
        assert self.trial is not None
        # One generator a look; its key is the seed and the number of the first trial.
        sequence = np.random.SeedSequence(seed, spawn_key=(start,))
        rng = np.random.Generator(np.random.Philox(sequence))
        takes = {n: values[n] for n in named_arguments(self.trial) if n != "rng"}
        return sum(truth("trial", self.trial(rng, **takes)) for _ in range(trials))

    def test(
        self, *, trials: int = 2048, alpha: float = ALPHA, seed: int = 0, **values: Any
    ) -> ChanceTest:
        """The sequential test at one choice of parameters.

        Raises
        ------
        BadInput
            If a hypothesis fails there, nothing is claimed, or there are no trials.
        """
        if not _is_integer(trials) or trials < 1:
            raise BadInput("trials", trials, "must be an integer >= 1")
        if not 0 < alpha < 1:
            raise BadInput("alpha", alpha, "must lie in (0, 1)")
        if not self.holds_hypotheses(values):
            raise BadInput("values", values, f"do not satisfy the hypotheses of {self.id}")
        claimed = self.claimed(values)
        if claimed <= 0:
            raise BadInput("values", values, f"are such that {self.id} claims nothing")
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


def _is_integer(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _call(function: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    return function(**{name: values[name] for name in named_arguments(function)})
