"""Hypothesis's targeted search: examples that mutate towards a smaller margin."""

from __future__ import annotations

import math

from slt_theory.testing.frame import Case
from slt_theory.testing.search.state import SearchState

__all__ = ["targeted"]

__tracebackhide__ = True

BATCH = 150


def targeted(search: SearchState, seed: int) -> None:
    """Run batches of examples with fresh seeds until the stage is over.

    What a lemma raises ends the stage outside of hypothesis, which would run the case again.
    """
    from hypothesis import HealthCheck, Phase, given, reject, settings, target
    from hypothesis import seed as seeded

    batch = 0
    raised: list[Exception] = []
    while not search.over:

        @seeded(seed * 1_000_003 + batch)
        @settings(
            max_examples=BATCH,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.target),
            suppress_health_check=list(HealthCheck),
        )
        @given(search.frame.strategy())
        def examples(case: Case) -> None:
            if search.over or raised:
                return
            try:
                value = search.score(case)
            except Exception as error:
                raised.append(error)
                return
            if value is None:
                reject()
            elif math.isfinite(value):
                target(-value)

        before = search.tried
        _run(examples)
        if raised:
            raise raised[0]
        batch += 1
        if search.tried == before:
            return


def _run(examples: object) -> None:
    from hypothesis.errors import Unsatisfiable

    try:
        examples()  # type: ignore[operator]
    except Unsatisfiable:
        # Hypotheses that random examples never meet are for the other stages.
        return
