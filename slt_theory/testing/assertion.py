"""`assert_lemma`: a lemma as one line of a test."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import islice
from random import Random
from typing import Any

from slt_theory.testing.chance import ALPHA, ChanceLemma
from slt_theory.testing.chance_search import parameter_points
from slt_theory.testing.counterexample import Counterexample
from slt_theory.testing.hunt import Falsification, falsify, of_chance, search_cases
from slt_theory.testing.lemma import Lemma
from slt_theory.testing.margins import as_float, is_undefined
from slt_theory.testing.search import Limit, Tally
from slt_theory.testing.settings import AssertionMargin, current

__all__ = ["LemmaFails", "assert_lemma"]

__tracebackhide__ = True

LONG = 1e9
DEFAULT_POINTS = 4


class LemmaFails(AssertionError):
    """A lemma has a counterexample, which the message reproduces, or nothing of it was tested."""


def assert_lemma(
    lemma: Lemma | ChanceLemma,
    *,
    cases: int = 4000,
    trials: int = 1024,
    budget: float | None = None,
    seed: int | None = None,
) -> None:
    """Fail with a minimal counterexample if the search finds one.

    It fails as well if no case satisfies the hypotheses, or no margin can be decided.

    Parameters
    ----------
    lemma : Lemma or ChanceLemma
    cases : int
        Cases to try, about three quarters of them on complete tiny grids.
    trials : int
        Trials at each point of a ChanceLemma. The alarms of all points together are false with
        probability at most 1e-9, so no seed matters.
    budget : float, optional
        Seconds, in place of `cases` and `trials`; default: the option ``--slt-budget``.
    seed : int, optional
        Default: the option ``--slt-seed``, else 0.

    Raises
    ------
    LemmaFails
    """
    seed = current.seed if seed is None else seed
    budget = current.budget if budget is None else budget
    word = current.replay.get(lemma.id)
    if isinstance(lemma, Lemma) and word is not None:
        outcome = _replayed(lemma, word)
    elif budget is not None:
        outcome = falsify(lemma, budget=budget, seed=seed)
    elif isinstance(lemma, ChanceLemma):
        outcome = _chance(lemma, trials, seed)
    else:
        few = cases // 8
        limits = [Limit(n, LONG) for n in (cases - 3 * few, few, few, few)]
        outcome = search_cases(lemma, [limits], seconds=LONG, seed=seed)
    current.records.append(AssertionMargin(lemma.id, outcome.smallest_margin, outcome.counted()))
    if outcome.found:
        raise LemmaFails(_message(lemma, outcome, seed))
    if outcome.vacuous:
        raise LemmaFails(outcome.summary())


def _replayed(lemma: Lemma, word: str) -> Falsification:
    values = lemma.frame.values(lemma.frame.decode(word))
    margin = lemma.evaluate(values)
    found = margin is not None and lemma.fails(margin)
    example = Counterexample(lemma.id, values, margin, word, lemma.strict) if found else None
    small = None if margin is None or is_undefined(margin) else as_float(margin)
    tally = Tally()
    tally.count(margin, fails=found, strict=lemma.strict)
    return Falsification(
        lemma.id, found, example, small, tally.cases, "replay", 0.0, tally, "the case replayed"
    )


def _chance(lemma: ChanceLemma, trials: int, seed: int) -> Falsification:
    points: tuple[Mapping[str, Any], ...] = lemma.points or tuple(
        islice(parameter_points(lemma, Random(0)), DEFAULT_POINTS)
    )
    worst, silent = None, 0
    for number, values in enumerate(points):
        test = lemma.test(
            **values, trials=trials, alpha=ALPHA / len(points), seed=seed + 1000 * number
        )
        silent += not test.says_something
        if worst is None or test.margin < worst.margin or test.refuted:
            worst = test
        if test.refuted:
            break
    return of_chance(lemma, worst, len(points), 0.0, silent=silent)


def _message(lemma: Lemma | ChanceLemma, outcome: Falsification, seed: int) -> str:
    example = outcome.counterexample
    assert example is not None
    node = os.environ.get("PYTEST_CURRENT_TEST", "").removesuffix(" (call)") or "TEST"
    how = f"--slt-seed={seed}"
    if isinstance(example, Counterexample):
        how += f" --slt-replay='{lemma.id}={example.word}'"
    return "\n".join(
        [
            f"{lemma.id} is false: {lemma.statement}",
            "",
            example.code(),
            "",
            f"replay: pytest '{node}' {how}",
        ]
    )
