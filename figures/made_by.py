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
    orseau2020-hyperbolic sreenivasan2022-binary kumar2025-quantised otsuka2024-frozen-network
    malach2020-weights chijiwa2021-redraws"""
_LAWS = """uniform normal uniform*uniform relu(uniform)*uniform integers[8] signs[1/16] grid[64]
    uniform[-3/4,5/8] hyperbolic[1/1024,2] bernoulli(0.25)*uniform"""
_COARSE = "grid[16]"
"""A law whose sums meet the ends of a window: an end that is moved by one unit is seen."""


def _draws() -> Any:
    from slt_theory.laws import Uniform, parse_law

    laws = [parse_law(name) for name in _LAWS.split()] + [Uniform(bits=24)]
    places = (0, 2**33 + 5)
    return [law.sample(2**40 + 7, 3, place, 40).tolist() for law in laws for place in places]


def _asked() -> Any:
    """What trials are asked: every kind of target, of window and of sum, fine and coarse laws."""
    half, whole = {"lo": Fraction(-1, 2), "hi": Fraction(1, 2)}, {"lo": -1, "hi": 1}
    some: tuple[dict[str, Any], ...] = (
        {"targets": "all", **whole},
        {"targets": "all", **half},
        {"targets": "fixed:1/3", **whole},
        {"targets": "random", **whole},
        {"targets": "random", "size": 1, **half},
        {"targets": "random", "size": 3, **whole},
        {"targets": "random", "dim": 2, **whole},
        {"targets": "fixed:1/4", "dim": 2, **whole},
    )
    yield from (("uniform", Fraction(1, 20), asked) for asked in some)
    yield from (("uniform", Fraction(1, 500), asked) for asked in some[:1])
    yield from ((law, Fraction(1, 10), some[0]) for law in ("normal", "relu(uniform)*uniform"))
    yield from ((_COARSE, Fraction(1, 16), some[k]) for k in (0, 1, 3, 7))


def _sums() -> Any:
    from slt_theory.experiments import threshold
    from slt_theory.experiments.trials import Question, hitting_times

    times = [
        hitting_times(Question.of(law, eps, **asked), trials=24, seed=5, threads=1).tolist()
        for law, eps, asked in _asked()
    ]
    # Its own defaults: what it measures, in how many trials, at which level.
    measured = threshold(eps=Fraction(1, 10), seed=5, threads=1)
    frozen = threshold(eps=Fraction(1, 10), lock="1/4", prune="1/4", trials=64, seed=5, threads=1)
    return times, measured.interval(), frozen.interval(), _solved()


def _solved() -> Any:
    """Which subset is taken: the nearest, one of many within a radius, one of a window."""
    from slt_theory.data import shipped_target
    from slt_theory.laws import Uniform, parse_law
    from slt_theory.subset_sum import best, decide, solve_many
    from slt_theory.tickets.building.direct import LIFT, range_of
    from slt_theory.tickets.building.request import BuildSettings, parse_request

    found: list[Any] = []
    for bits, n in ((24, 12), (24, 24), (52, 40)):
        rows = Uniform(bits=bits).sample(5, 0, 0, 8 * n).reshape(8, n)
        goals = rows[:, 0] // 3
        radius = 1 << (bits - 5)
        for options in ({"radius": radius}, {"lo": goals - radius, "hi": goals}):
            target = (goals,) if "radius" in options else ()
            answer = solve_many(rows, *target, threads=1, **options)
            found += [answer.masks.tolist(), answer.errors.tolist()]
        if n < 40:
            found.append(solve_many(rows, goals, threads=1).masks.tolist())
        row, goal = rows[0].tolist(), int(goals[0])
        found += [best(row, goal).error, str(decide(row, goal - radius, goal + radius))]
    coarse = parse_law(_COARSE).sample(5, 0, 0, 60).reshape(6, 10)
    for radius in (0, 1, 2):
        answer = solve_many(coarse, coarse[:, 0] * 0 + 7, radius=radius, threads=1)
        found.append(answer.masks.tolist())
    request = parse_request(
        shipped_target("digits_mlp"), BuildSettings(eps=Fraction(1, 100)), reach=None
    )
    kept = [(one.radius, one.scale_exponent, one.targets[:2].tolist()) for one in request.layers]
    return found, range_of(request).name, LIFT, kept


def _bounds() -> Any:
    from slt_theory.certified import certified_n, counting_n, necessary_n, statistical_n

    found: list[int] = [counting_n(Fraction(1, 100), delta=Fraction(1, 10)).n]
    fine, coarse = Fraction(1, 100), Fraction(1, 50)
    cases = [*product(("uniform",), (coarse, fine), (0.1, 2.0**-5), (1, Fraction(1, 2)))]
    cases += [("uniform*uniform", eps, 0.1, half) for _, eps, _, half in cases[::3]]
    cases += [("normal", coarse, 2.0**-5, 1), ("relu(uniform)*uniform", coarse, 0.1, 1)]
    for law, eps, delta, half in cases:
        for bound in (certified_n, necessary_n, statistical_n):
            number = bound(eps, delta, lo=-half, hi=half, law=law)
            found.append(-1 if number is None else number.n)
    return found


@cache
def _built() -> tuple[Any, ...]:
    from slt_theory.networks import Dense
    from slt_theory.tickets import build_ticket

    target = Dense([[[0.5, -0.25], [0.125, 0.75]], [[1.0, -0.5]]])
    named: list[dict[str, Any]] = [{"theorem": theorem} for theorem in _BUILT.split()]
    named += [{"signs": "needed"}, {"objective": "best", "n": 8}, {"domain": "ball:1"}]
    named += [{"theorem": "otsuka2024-frozen-network", "lock": "1/4", "prune": "1/8"}]
    return tuple(
        build_ticket(target, eps=Fraction(1, 10), seed=3, threads=1, **options) for options in named
    )


def _tickets() -> Any:
    masks = [[mask.tolist() for block in ticket.masks for mask in block] for ticket in _built()]
    stored = [[part.tolist() for block in ticket.choices for part in block] for ticket in _built()]
    return masks, stored, [(t.source_weights, len(t.unreached), t.domain) for t in _built()]


def _certificates() -> Any:
    # Six digits: the last ones may be another machine's.
    ends = ("sup_error_bound", "sup_error_found", "max_weight_error", "median_weight_error")
    return [
        [f"{number:.6g}" for number in _numbers(ticket.certificate, ends)] for ticket in _built()
    ]


def _numbers(certificate: dict[str, Any], names: tuple[str, ...]) -> list[float]:
    layers = certificate["layer_error_bounds"]
    return [certificate[name] for name in names] + layers


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
"""Small computations, some seconds each, whose numbers change when an engine's do."""


@cache
def _name(engine: str) -> str:
    numbers = json.dumps(ENGINES[engine](), sort_keys=True, default=str)
    return sha256(numbers.encode()).hexdigest()[:16]


def numbers_of(figure: str) -> dict[str, str]:
    """Today's names of the engines that a figure's table rests on."""
    return {engine: _name(engine) for engine in ENGINES if figure in RESTS_ON[engine].split()}
