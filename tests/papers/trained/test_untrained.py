"""Untrained networks: searches against a second one, flips and flows against plain arithmetic."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise, product
from math import prod, sqrt

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from slt_theory.errors import BadInput
from slt_theory.papers.trained import all_claims, diffenderfer2021, tanaka2020
from slt_theory.papers.trained.chen2022 import Bop, boo, peek
from slt_theory.papers.trained.diffenderfer2021 import parts, prize
from slt_theory.papers.trained.shared.rig import all_digits
from slt_theory.papers.trained.shared.verdicts import SMALL
from slt_theory.statistics import Verdict
from slt_theory.torch.search import Search, search
from slt_theory.torch.train import (
    Mlp,
    Moment,
    Use,
    among,
    applied,
    budget,
    check_masks,
    draws,
    initial,
    magnitude,
    ones,
    sizes,
    split_task,
    synflow,
    synflow_masks,
    top,
)

CLAIMS = [claim for claim in all_claims() if claim.family == "untrained networks"]
CHECKS = [(claim, check) for claim in CLAIMS for check in claim.checks]
MODEL, MEMBERS = Mlp((64, 12, 10), bias=False), draws(4, 3)
KEEP = budget(MODEL.shapes, 0.3)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@cache
def task():
    return split_task("digits", all_digits(), MEMBERS, (100, 20, 100))


@pytest.mark.parametrize(
    "check", [check for _, check in CHECKS], ids=[f"{c.id}-{k.name}" for c, k in CHECKS]
)
def test_every_check_runs_small(check):
    """Exact laws come out as recorded; three replicates decide nothing else."""
    found = check.run(3, SMALL)
    assert found.evidence
    if "cases" in found.numbers:
        assert found.verdict is check.expected
        assert found.numbers["cases"] >= SMALL.replicates
    else:
        assert found.verdict is Verdict.INCONCLUSIVE
        assert len(found.numbers["differences"]) == SMALL.replicates


# Mask search.


def test_the_search_without_signs_differs_from_the_real_one_by_one_absolute_value():
    r = diffenderfer2021.wide(3, SMALL)
    how = replace(diffenderfer2021.recipe(SMALL), steps=12)
    density = diffenderfer2021.THREE_TENTHS
    weights = initial(diffenderfer2021.network(), r.draws, law="signed-constant", density=0.3)
    real = search(
        diffenderfer2021.network(),
        r.task,
        Search(density=density, recipe=how),
        draws=r.draws,
        weights=weights,
    )

    def masks(soft):
        scores = diffenderfer2021.popup_by(r, weights, density, how, soft).variables
        return top(magnitude(scores), budget(diffenderfer2021.network().shapes, density))

    right, wrong = masks(lambda w, s: w * s.abs()), masks(lambda w, s: w * s)
    assert all(torch.equal(right[name], mask) for name, mask in real.masks.items())
    assert not all(torch.equal(wrong[name], mask) for name, mask in real.masks.items())


@pytest.mark.parametrize("method", ["edge-popup", "biprop"])
def test_a_ticket_is_stored_as_scales_and_signs(method):
    law = "kaiming-normal" if method == "biprop" else "signed-constant"
    how = replace(diffenderfer2021.recipe(SMALL), steps=3)
    weights, found = prize(MODEL, task(), 0.3, how, draws=MEMBERS, method=method, law=law)
    check_masks(found.masks, MODEL.shapes, KEEP)
    for name, (scales, signs) in parts(found.tensors).items():
        assert signs.dtype == torch.int8
        again = scales[:, None, None] * signs
        assert torch.equal(again, found.tensors[name])
        assert torch.equal(signs != 0, found.masks[name])
        assert torch.equal(signs, (weights[name].sign() * found.masks[name]).to(torch.int8))


def test_a_layer_of_two_magnitudes_is_no_binary_ticket():
    with pytest.raises(BadInput, match="more than one magnitude"):
        parts({"0.weight": torch.tensor([[[1.0, -2.0]]])})


# Sign flips.


def test_bop_is_a_moving_average_and_a_threshold():
    """Against one weight at a time, the average from 0 and slowed after each quarter."""
    start = initial(MODEL, MEMBERS)["0.weight"].double()
    weight, hook = start.clone(), Bop(rate=0.3, threshold=0.05, decay=0.5)
    gradients = [MEMBERS.normal(Use.AGAIN, k, weight.shape[1:]) / 5 for k in range(8)]
    for step, gradient in enumerate(gradients, start=1):
        weight.grad = gradient
        hook(Moment(step, 8, {"0.weight": weight}, None, None))
    flips = 0
    for place in product(range(3), range(12), range(64)):
        value, average = float(start[place]), 0.0
        for step, gradient in enumerate(gradients):
            rate = 0.3 * 0.5 ** (step // 2)
            average = (1 - rate) * average + rate * float(gradient[place])
            if abs(average) >= 0.05 and average * value > 0:
                value, flips = -value, flips + 1
        assert value == float(weight[place])
    assert hook.flips == flips > 100


def test_flips_touch_no_pruned_weight_and_lower_the_loss():
    keep = sum(KEEP.values())
    weights = initial(MODEL, MEMBERS)
    masks, pruned = peek(MODEL, weights, 64, keep, rounds=20)
    check_masks(masks, MODEL.shapes, keep)
    for name, mask in masks.items():
        for k in range(3):
            scale = sqrt(mask[k].numel() / int(mask[k].sum()))
            wanted = weights[name][k] * mask[k] * scale
            assert torch.allclose(pruned[name][k], wanted, rtol=1e-6, atol=0)
    fitted = boo(MODEL, pruned, masks, task(), 60, Bop(1e-2, 1e-3), draws=MEMBERS)
    for name, mask in masks.items():
        assert not fitted.variables[name][~mask].any()
        assert torch.equal(fitted.variables[name].abs(), pruned[name].abs())
    assert (fitted.losses[-5:].mean(0) < fitted.losses[:5].mean(0)).all()


# Synaptic flow.


def paths_through(weights, layer, out, into):
    """Sum over all paths of a network that use one weight, in Python's integers."""
    sides = [len(weights[0][0]), *(len(matrix) for matrix in weights)]
    total = 0
    for path in product(*(range(side) for side in sides)):
        if path[layer] == into and path[layer + 1] == out:
            total += prod(
                abs(matrix[b][a]) for matrix, (a, b) in zip(weights, pairwise(path), strict=True)
            )
    return total


@given(st.lists(st.integers(1, 3), min_size=3, max_size=4), st.data())
@settings(max_examples=25, deadline=None)
def test_a_score_is_the_sum_of_paths_and_flows_are_conserved(widths, data):
    model = Mlp(widths)
    numbers = st.integers(-3, 3)
    weights = [
        [[data.draw(numbers) for _ in range(inside)] for _ in range(outside)]
        for inside, outside in pairwise(widths)
    ]
    tensors = {f"{k}.weight": torch.tensor([m]).float() for k, m in enumerate(weights)}
    tensors |= {f"{k}.bias": torch.ones(1, len(m)) for k, m in enumerate(weights)}
    flows = [flow[0] for flow in synflow(model, tensors, widths[0]).values()]
    for layer, flow in enumerate(flows):
        for out, into in product(range(flow.shape[0]), range(flow.shape[1])):
            assert float(flow[out, into]) == paths_through(weights, layer, out, into)
    assert len({float(flow.sum()) for flow in flows}) == 1
    for before, after in pairwise(flows):
        assert torch.equal(before.sum(1), after.sum(0))


def test_the_integer_flows_of_the_claim_fit_into_float64_but_not_into_float32():
    for widths in (tanaka2020.FLAT, tanaka2020.DEEP):
        assert prod(widths) * tanaka2020.LARGEST ** (len(widths) - 1) < 1 << 53
    deep = Mlp(tanaka2020.DEEP)
    weights = tanaka2020.integer_weights(deep, MEMBERS)
    assert float(sum(f.sum() for f in synflow(deep, weights, 8).values())) > 1 << 24


def test_one_weight_at_a_time_leaves_a_path():
    """The theorem's own hypothesis: less is pruned at once than any cut carries."""
    model = Mlp((6, 5, 4, 3), bias=False)
    weights, masks = initial(model, MEMBERS), ones(model.shapes, 3)
    for keep in range(sum(sizes(model.shapes).values()) - 1, 2, -1):
        masks = top(among(synflow(model, applied(weights, masks), 6), masks), keep)
        assert all((mask.flatten(1).sum(1) > 0).all() for mask in masks.values())
    (output,) = {tuple(mask.flatten(1).sum(1).tolist()) for mask in masks.values()}
    assert output == (1, 1, 1)
    assert (model(applied(magnitude(weights), masks), torch.ones(1, 6)).sum((1, 2)) > 0).all()
    at_once = synflow_masks(model, weights, 6, 3, rounds=1)
    assert any((mask.flatten(1).sum(1) == 0).any() for mask in at_once.values())
