"""Hypothesis's targeted search: examples that mutate towards a smaller margin."""

from __future__ import annotations

import math

from slt_theory.testing.frame import Case
from slt_theory.testing.search.state import Search

__all__ = ["targeted"]

BATCH = 150


def targeted(search: Search, seed: int) -> None:
    """Run batches of examples with fresh seeds until the stage is over."""
    from hypothesis import HealthCheck, Phase, given, reject, settings, target
    from hypothesis import seed as seeded

    batch = 0
    while not search.over:

        @seeded(seed * 1_000_003 + batch)
        @settings(
            max_examples=BATCH,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.target),
            suppress_health_check=list(HealthCheck),
        )
        @given(search.lemma.frame.strategy())
        def examples(case: Case) -> None:
            if search.over:
                return
            value = search.score(case)
            if value is None:
                reject()
            elif math.isfinite(value):
                target(-value)

        before = search.tried
        _run(examples)
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
