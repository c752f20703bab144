"""Pruning and rewinding: algorithms against loops, exact laws with planted errors, every check."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from slt_theory.papers.trained import all_claims
from slt_theory.papers.trained.frankle2019 import PLACES, RATE, ROUNDS, found
from slt_theory.papers.trained.frankle2019_movement import dealt_again, moved_ratio
from slt_theory.papers.trained.frankle2019_procedure import check_rounds
from slt_theory.papers.trained.frankle2020 import barrier, between
from slt_theory.papers.trained.morcos2019 import classes, new_output
from slt_theory.papers.trained.shared.pruning import controls, keeps, rest, rewound
from slt_theory.papers.trained.shared.rig import all_digits, rig
from slt_theory.papers.trained.shared.speed import Learned, sooner
from slt_theory.papers.trained.shared.verdicts import SMALL
from slt_theory.statistics import Verdict
from slt_theory.torch.train import (
    Mlp,
    Recipe,
    applied,
    check_masks,
    count_of,
    density,
    draws,
    fit,
    initial,
    magnitude,
    nested,
    ones,
    outputs,
    random_masks,
    rounds,
    split_task,
    top,
)

CLAIMS = [claim for claim in all_claims() if claim.family == "pruning and rewinding"]
CHECKS = {f"{claim.id}-{check.name}": check for claim in CLAIMS for check in claim.checks}
MODEL, MEMBERS, RECIPE = Mlp((64, 12, 10)), draws(5, 3), Recipe(steps=12, batch=20)


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_runs_small(name):
    """Exact laws come out as recorded; three replicates decide nothing else."""
    outcome = CHECKS[name].run(3, SMALL)
    if "cases" in outcome.numbers:
        assert outcome.verdict is CHECKS[name].expected
        assert outcome.numbers["cases"] == 5 * ROUNDS
    else:
        assert outcome.verdict is Verdict.INCONCLUSIVE
        arms = outcome.numbers["arms"]
        gaps = [
            Fraction(a) - Fraction(b) for a, b in zip(arms["first"], arms["second"], strict=True)
        ]
        assert len(gaps) == SMALL.replicates
        assert np.allclose(outcome.numbers["differences"], [float(gap) for gap in gaps])


@cache
def task():
    return split_task("digits", all_digits(), MEMBERS, (100, 40, 60))


def start(copy=0):
    return initial(MODEL, MEMBERS, law="glorot-normal", copy=copy)


@given(
    sizes=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=4),
    rate=st.fractions(0, 1, max_denominator=50),
    count=st.integers(1, 8),
)
@settings(max_examples=100, deadline=None)
def test_counts_are_powers_rounded_once(sizes, rate, count):
    shapes = {f"{k}.weight": shape for k, shape in enumerate(sizes)}
    found_counts = keeps(shapes, rate, count)
    for name, (rows, columns) in shapes.items():
        lost = rate / 2 if name == f"{len(sizes) - 1}.weight" else rate
        exact = Fraction(rows * columns)
        for counts in found_counts:
            exact *= 1 - lost
            # The nearest integer, of two the larger.
            assert counts[name] - exact <= Fraction(1, 2)
            assert exact - counts[name] < Fraction(1, 2)


def test_the_claims_name_the_densities_they_have():
    shapes = rig(0, SMALL).model.shapes
    for rate, cuts, weights, share in (
        (RATE, ROUNDS, 689, 0.058),
        (Fraction(1, 5), 9, 1724, 0.145),
    ):
        kept = sum(keeps(shapes, rate, cuts)[-1].values())
        assert kept == weights
        assert round(kept / 11_900, 3) == share
    wide = Mlp((64, 300, 100, 10)).shapes
    assert round(sum(keeps(wide, RATE, 9)[-1].values()) / 50_200, 3) == 0.024


def slowly_rewound(k, counts, late):
    """Network k alone, its masks by sorting Python numbers."""
    alone = MEMBERS.only(k)
    weights = {name: value[k : k + 1] for name, value in start().items()}
    masks = ones(MODEL.shapes, 1)
    if late:
        early = fit(MODEL, weights, task().only(k), RECIPE, draws=alone, snapshots=(late,))
        trained, weights = early.variables, early.snapshots[late]
    else:
        trained = fit(MODEL, weights, task().only(k), RECIPE, draws=alone).variables
    done = []
    for keep in counts:
        for name, count in keep.items():
            values = trained[name][0].flatten().tolist()
            allowed = masks[name][0].flatten().tolist()
            order = sorted(
                (i for i in range(len(values)) if allowed[i]), key=lambda i: (-abs(values[i]), i)
            )
            flat = torch.zeros(len(values), dtype=torch.bool)
            flat[order[:count]] = True
            masks = masks | {name: flat.reshape(masks[name].shape)}
        trained = fit(
            MODEL,
            weights,
            task().only(k),
            replace(RECIPE, steps=RECIPE.steps - late),
            draws=alone,
            effective=lambda w, m=masks: applied(w, m),
        ).variables
        trained = applied(trained, masks)
        done.append((masks, weights, trained))
    return done


@pytest.mark.parametrize("late", [0, 4])
def test_rounds_are_as_one_by_one(late):
    counts = keeps(MODEL.shapes, Fraction(2, 5), 3)
    dense, *later = rewound(MODEL, start(), task(), RECIPE, counts, draws=MEMBERS, late=late)
    assert all(torch.equal(dense.start[name], start()[name]) for name in start())
    for before, after, keep in zip((dense, *later), later, counts, strict=False):
        check_masks(after.masks, MODEL.shapes, keep)
        assert nested(after.masks, before.masks).all()
    for k in range(3):
        for part, (masks, weights, trained) in zip(
            later, slowly_rewound(k, counts, late), strict=True
        ):
            assert all(torch.equal(part.masks[name][k], masks[name][0]) for name in masks)
            for name in weights:
                assert (part.start[name][k] - weights[name][0]).abs().max() < 1e-6
                assert (part.fitted.variables[name][k] - trained[name][0]).abs().max() < 1e-5


def test_rewound_to_the_start_is_the_shared_loop():
    counts = keeps(MODEL.shapes, Fraction(2, 5), 2)
    pairs = zip(
        rewound(MODEL, start(), task(), RECIPE, counts, draws=MEMBERS, late=0),
        rounds(MODEL, start(), task(), RECIPE, counts, draws=MEMBERS),
        strict=True,
    )
    for mine, shared in pairs:
        for name, value in shared.fitted.variables.items():
            assert torch.equal(mine.fitted.variables[name], value)
    assert rest(RECIPE, 5) == replace(RECIPE, steps=7)
    assert RECIPE.steps == 12


def test_controls_change_one_thing_each():
    masks = random_masks(MODEL.shapes, MEMBERS, {"0.weight": 192, "1.weight": 30})
    arms = controls(MODEL, start(), masks, draws=MEMBERS)
    fresh = arms["fresh"]
    for name, mask in masks.items():
        old, new = start()[name], fresh[name]
        assert not (old == new).any()
        assert torch.equal(arms["signs"][name].abs(), new.abs())
        assert torch.equal(arms["signs"][name] < 0, old < 0)
        # One quarter is kept in both layers: twice the standard deviation, exactly.
        assert torch.equal(arms["scaled"][name], 2 * new)
        shuffled = arms["shuffled"][name]
        assert torch.equal(shuffled[~mask], old[~mask])
        for k in range(3):
            assert Counter(shuffled[k][mask[k]].tolist()) == Counter(old[k][mask[k]].tolist())
            assert not torch.equal(shuffled[k][mask[k]], old[k][mask[k]])
    assert all((value == 0).all() for name, value in fresh.items() if "bias" in name)


def test_arms_share_what_they_should():
    tickets = found(3, SMALL)
    keep = keeps(tickets.rig.model.shapes, RATE, ROUNDS)[-1]
    ticket, masks = PLACES["ticket"](tickets)
    for name in ("one-shot", "random masks"):
        weights, others = PLACES[name](tickets)
        check_masks(others, tickets.rig.model.shapes, keep)
        assert weights is ticket
        assert not any(torch.equal(others[layer], masks[layer]) for layer in masks)
    for name in ("fresh", "scaled", "signs", "shuffled"):
        weights, same = PLACES[name](tickets)
        assert same is masks
        changed = applied(weights, masks)
        assert not any(torch.equal(changed[n], applied(ticket, masks)[n]) for n in masks)


def test_planted_faults_of_a_round_are_found():
    r = rig(4, SMALL)
    counts = keeps(r.model.shapes, RATE, 2)
    done = list(rounds(r.model, r.start(), r.task, r.recipe, counts, draws=r.draws))
    assert check_rounds(r, done, counts) == []
    other = top(magnitude(r.start(copy=1)), counts[1])
    assert {
        f.split()[0] for f in check_rounds(r, [*done[:2], replace(done[2], masks=other)], counts)
    } > {
        "nesting",
        "magnitudes",
    }
    name = "1.weight"
    moved = {n: value.clone() for n, value in done[2].start.items()}
    place = done[2].masks[name].nonzero()[0]
    moved[name][tuple(place)] = torch.nextafter(moved[name][tuple(place)], torch.tensor(1e9))
    assert "reset in round 2" in check_rounds(r, [*done[:2], replace(done[2], start=moved)], counts)


def test_a_barrier_is_counted_as_one_by_one():
    first, second = (fit(MODEL, start(c), task(), RECIPE, draws=MEMBERS).variables for c in (0, 1))
    points = 7
    found_barriers = barrier(MODEL, first, second, task(), points=points)
    assert found_barriers == barrier(MODEL, second, first, task(), points=points)
    assert barrier(MODEL, first, first, task(), points=points) == [0, 0, 0]
    assert min(found_barriers) >= 0
    assert max(found_barriers) > 0
    for k in range(3):
        errors = []
        for step in range(points):
            share = step / (points - 1)
            point = {n: (1 - share) * first[n].double() + share * second[n].double() for n in first}
            values = outputs(MODEL, point, task().inputs.double(), task().test)[k]
            wrong = values.argmax(1) != task().labels[task().test[k]]
            errors.append(Fraction(int(wrong.sum()), 60))
        assert found_barriers[k] == max(errors) - (errors[0] + errors[-1]) / 2


def test_ends_of_a_segment_are_the_ends():
    first, second = start(0), start(1)
    for name in first:
        assert torch.equal(between(first, second, Fraction(0))[name], first[name])
        assert torch.equal(between(first, second, Fraction(1))[name], second[name])


def test_the_ratio_of_movements_is_as_by_hand():
    end = fit(MODEL, start(), task(), RECIPE, draws=MEMBERS).variables
    masks = top(magnitude(end), {"0.weight": 70, "1.weight": 11})
    for k, ratio in enumerate(moved_ratio(start(), end, masks).tolist()):
        kept, lost = [], []
        for name, mask in masks.items():
            moves = (end[name][k] - start()[name][k]).abs().flatten().tolist()
            for move, stays in zip(moves, mask[k].flatten().tolist(), strict=True):
                (kept if stays else lost).append(move)
        assert ratio == pytest.approx((sum(kept) / len(kept)) / (sum(lost) / len(lost)), rel=1e-12)


def test_movements_are_dealt_out_within_layers():
    begin = {name: torch.zeros_like(value) for name, value in start().items()}
    end = start()  # from zero, so that the end is the movement
    again, other = (dealt_again(begin, end, MEMBERS, copy=copy) for copy in (0, 1))
    for name in ("0.weight", "1.weight"):
        for k in range(3):
            assert Counter(again[name][k].flatten().tolist()) == Counter(
                end[name][k].flatten().tolist()
            )
        assert not torch.equal(again[name], end[name])
        assert not torch.equal(again[name], other[name])
    assert torch.equal(again["0.bias"], end["0.bias"])


def test_classes_are_renumbered_and_outputs_renewed():
    whole = all_digits()
    half = classes(whole, 5, 9)
    assert len(half) == sum(label >= 5 for label in whole.labels.tolist())
    assert sorted(set(half.labels.tolist())) == [0, 1, 2, 3, 4]
    assert np.array_equal(half.inputs, whole.inputs[whole.labels >= 5])
    renewed = new_output(start(), start(copy=1))
    assert torch.equal(renewed["0.weight"], start()["0.weight"])
    assert torch.equal(renewed["1.weight"], start(copy=1)["1.weight"])
    assert list(renewed) == list(start())


def learner(*curves):
    return Learned({}, [], [list(curve) for curve in curves])


def test_sooner_compares_first_arrivals_at_what_both_reach():
    fast, slow = [5, 9, 9, 8], [1, 4, 7, 8]
    outcome = sooner(learner(fast), learner(slow), "fast")
    # Both reach 8: after 20 and after 40 steps.
    assert outcome.numbers["differences"] == [20.0]
    assert sooner(learner(slow), learner(fast), "slow").numbers["differences"] == [-20.0]
    assert sooner(learner(fast), learner(fast), "alike").numbers["ties"] == 1
    ten = sooner(learner(*[fast] * 10), learner(*[slow] * 10), "ten")
    assert ten.verdict is Verdict.CONSISTENT


def test_global_counts_are_exact():
    r = rig(1, SMALL)
    keep = count_of(Fraction(7, 100), 11_900)
    masks = top(magnitude(r.start()), keep)
    check_masks(masks, r.model.shapes, keep)
    assert density(masks).tolist() == [keep / 11_900] * SMALL.replicates
