"""Names of what determines the numbers of a table: one digest an engine, of numbers that it gives.

A table stores the names of the engines that it rests on (``made.numbers``). Where code changes and
its numbers do not, the names stay; where the numbers of an engine change, every table that rests on
it is stale, whether or not it is made again by a test.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from hashlib import sha256
from itertools import product
from typing import Any

__all__ = ["ENGINES", "RESTS_ON", "numbers_of"]

_SUMS = """success_vs_n n_vs_eps windows failure_vs_n growth greedy_gaps frozen_plane sparse_sources
    sparsity one_number vectors mask_overlap locked_or_pruned pruned_targets missed_weights
    numbers_per_weight bounds cnn_errors window_trials"""
_BOUNDS = "success_vs_n n_vs_eps windows failure_vs_n densities bounds"
_TICKETS = """masks cnn_errors attention_errors compare depth error_by_layer frozen_tickets
    class_changes numbers_per_weight"""
_TRAINING = """search claims zoo_rewinding zoo_pruning zoo_untrained zoo_outer zoo_probabilistic
    zoo_certificates"""
RESTS_ON: dict[str, str] = {
    "draws": f"{_SUMS} {_TICKETS} universal golden_ratio",
    "sums": f"{_SUMS} {_TICKETS} universal",
    "bounds": f"{_BOUNDS} compare depth",
    "tickets": _TICKETS,
    "certificates": "attention_errors compare depth error_by_layer class_changes",
    "universal": "universal",
    "catalogue": "theorem_graph",
    "training": _TRAINING,
}
"""Engine to the figures whose tables rest on it."""


_BUILT = """pensia2020-two-layer pensia2020-direct burkholz2022-depth natale2024-network
    orseau2020-hyperbolic sreenivasan2022-binary kumar2025-quantised"""


def _draws() -> Any:
    from slt_theory.laws import parse_law

    laws = ("uniform", "normal", "uniform*uniform", "relu(uniform)*uniform", "integers[8]")
    return [parse_law(law).sample(2**40 + 7, 3, 0, 40).tolist() for law in laws]


def _sums() -> Any:
    from slt_theory.experiments.trials import Question, hitting_times
    from slt_theory.laws import Uniform
    from slt_theory.subset_sum import solve_many

    questions: tuple[dict[str, Any], ...] = (
        {"targets": "all"},
        {"targets": "random"},
        {"targets": "random", "size": 3},
        {"targets": "random", "dim": 2},
    )
    times = [
        hitting_times(
            Question.of("uniform", Fraction(1, 20), **{"lo": -1, "hi": 1, **asked}),
            trials=24,
            seed=5,
            threads=1,
        ).tolist()
        for asked in questions
    ]
    rows = Uniform(bits=24).sample(5, 0, 0, 8 * 24).reshape(8, 24)
    return times, solve_many(rows, rows[:, 0] // 3, threads=1).masks.tolist()


def _bounds() -> Any:
    from slt_theory.certified import certified_n, counting_n, necessary_n, statistical_n

    found: list[int] = [counting_n(Fraction(1, 100), delta=Fraction(1, 10)).n]
    for law, eps, delta in product(
        ("uniform", "uniform*uniform"), (Fraction(1, 50), Fraction(1, 100)), (0.1, 2.0**-5)
    ):
        for half in (1, Fraction(1, 2)):
            for bound in (certified_n, necessary_n, statistical_n):
                number = bound(eps, delta, lo=-half, hi=half, law=law)
                found.append(-1 if number is None else number.n)
    return found


@cache
def _built() -> tuple[Any, ...]:
    from slt_theory.networks import Dense
    from slt_theory.tickets import build_ticket

    target = Dense([[[0.5, -0.25], [0.125, 0.75]], [[1.0, -0.5]]])
    return tuple(
        build_ticket(target, theorem=theorem, eps=Fraction(1, 10), seed=3, threads=1)
        for theorem in _BUILT.split()
    )


def _tickets() -> Any:
    masks = [[mask.tolist() for block in ticket.masks for mask in block] for ticket in _built()]
    return masks, [ticket.source_weights for ticket in _built()]


def _certificates() -> Any:
    # Six digits: the last ones may be another machine's.
    return [
        [f"{ticket.certificate[f'sup_error_{end}']:.6g}" for end in ("bound", "found")]
        for ticket in _built()
    ]


def _universal() -> Any:
    from slt_theory.universal.build import build_universal
    from slt_theory.universal.family import parse_family

    ticket = build_universal(parse_family("sin:1"), eps=Fraction(1, 20), seed=0)
    return [mask.tolist() for block in ticket.masks for mask in block]


def _catalogue() -> Any:
    from slt_theory.theorems import all_theorems

    return [(entry.id, entry.kind, entry.uses, entry.proof_uses) for entry in all_theorems()]


def _training() -> Any:
    from slt_theory.data import digits
    from slt_theory.torch.search import Search, search
    from slt_theory.torch.train import Mlp, Recipe, correct, draws, fit, fixed_task, initial

    train, test = digits()
    members, model, recipe = draws(0, 2), Mlp((64, 8, 10), bias=False), Recipe(steps=20)
    task = fixed_task("digits", train, test, 2)
    fitted = fit(model, initial(model, members, law="glorot-normal"), task, recipe, draws=members)
    found = search(model, task, Search(recipe=recipe), draws=members)
    hits = [correct(model, tensors, task).tolist() for tensors in (fitted.variables, found.tensors)]
    return hits, found.mask_bits


ENGINES: dict[str, Callable[[], Any]] = {
    "draws": _draws,
    "sums": _sums,
    "bounds": _bounds,
    "tickets": _tickets,
    "certificates": _certificates,
    "universal": _universal,
    "catalogue": _catalogue,
    "training": _training,
}
"""Small computations, each a second or less, whose numbers change when an engine's do."""


@cache
def _name(engine: str) -> str:
    numbers = json.dumps(ENGINES[engine](), sort_keys=True, default=str)
    return sha256(numbers.encode()).hexdigest()[:16]


def numbers_of(figure: str) -> dict[str, str]:
    """Today's names of the engines that a figure's table rests on."""
    return {engine: _name(engine) for engine in ENGINES if figure in RESTS_ON[engine].split()}
