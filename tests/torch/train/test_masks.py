"""Counts are exact, ties go to the lower index, budgets are the rules they name."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from slt_theory.errors import BadInput
from slt_theory.torch.train import (
    BUDGETS,
    Mlp,
    Use,
    among,
    apportion,
    budget,
    check_masks,
    conv,
    count_of,
    density,
    draws,
    geometric,
    hamming,
    kept,
    nested,
    ones,
    overlap,
    random_masks,
    shuffled,
    sizes,
    straight_through,
    top,
    top_rows,
)

MODEL = Mlp((20, 15, 10))


def naive_top(row, keep):
    """Largest first, of equals the lower index."""
    order = sorted(range(len(row)), key=lambda i: (-row[i], i))
    return [i in order[:keep] for i in range(len(row))]


def test_top_rows_equals_sorting_with_ties_and_infinities():
    members = draws(1, 40)
    values = members.below(6, Use.DATA, 0, (23,)).double()
    values[values == 5] = torch.inf
    values[values == 0] = -torch.inf
    for keep in range(24):
        found = top_rows(values, keep)
        assert found.tolist() == [naive_top(row, keep) for row in values.tolist()]


def test_global_masks_rank_all_layers_together():
    members = draws(2, 3)
    scores = {
        name: members.normal(Use.DATA, k, s)
        for k, (name, s) in enumerate(
            (n, s) for n, s in MODEL.shapes.items() if n.endswith("weight")
        )
    }
    masks = check_masks(top(scores, 77), MODEL.shapes, 77)
    for s in range(3):
        inside = torch.cat([score[s][masks[name][s]] for name, score in scores.items()])
        outside = torch.cat([score[s][~masks[name][s]] for name, score in scores.items()])
        assert inside.min() > outside.max()


def test_scores_that_are_no_numbers_are_refused():
    with pytest.raises(BadInput, match="scores"):
        top_rows(torch.tensor([[1.0, float("nan"), 2.0]]), 1)


@pytest.mark.parametrize("rule", BUDGETS)
@pytest.mark.parametrize("share", ["1/1000", "0.05", "1/3", "0.5", "0.97", "1"])
def test_budgets_sum_to_the_count(rule, share):
    for shapes in (MODEL.shapes, conv(4, (1, 8, 8), width=4).shapes):
        counts, caps = budget(shapes, Fraction(share), rule=rule), sizes(shapes)
        assert sum(counts.values()) == count_of(Fraction(share), sum(caps.values()))
        assert all(0 <= counts[name] <= caps[name] for name in caps)


def test_budget_rules_where_no_layer_overflows():
    shapes = {"a.weight": (8, 4, 3, 3), "b.weight": (10, 8)}  # 288 and 80 weights
    assert budget(shapes, Fraction(1, 8), rule="uniform") == {"a.weight": 36, "b.weight": 10}
    assert budget(shapes, Fraction(46, 368), rule="equal") == {"a.weight": 23, "b.weight": 23}
    # sides sum to 18 and 18
    assert budget(shapes, Fraction(46, 368), rule="erk") == {"a.weight": 23, "b.weight": 23}
    assert budget(shapes, Fraction(268, 368), rule="equal") == {"a.weight": 188, "b.weight": 80}


def test_apportion_is_exact_where_floats_are_not():
    names = [str(k) for k in range(10)]
    counts = apportion(3, dict.fromkeys(names, 1), dict.fromkeys(names, 1))
    assert counts == {name: int(k < 3) for k, name in enumerate(names)}
    with pytest.raises(BadInput, match="total"):
        apportion(11, dict.fromkeys(names, 1), dict.fromkeys(names, 1))


def test_random_masks_have_exact_counts_and_are_those_of_each_replicate():
    members, keep = draws(4, 5), budget(MODEL.shapes, 0.1, rule="erk")
    masks = check_masks(random_masks(MODEL.shapes, members, keep), MODEL.shapes, keep)
    alone = random_masks(MODEL.shapes, members.only(3), keep)
    assert all(torch.equal(masks[name][3], alone[name][0]) for name in masks)
    assert not torch.equal(masks["0.weight"][0], masks["0.weight"][1])
    other = random_masks(MODEL.shapes, members, keep, copy=1)
    assert int(hamming(masks, other).min()) > 0


def test_every_weight_is_equally_likely():
    """Kept counts of one place over 4000 replicates: |count - 400| < 6.2 s.d., level 1e-9."""
    members = draws(5, 4000)
    masks = random_masks({"0.weight": (4, 5)}, members, {"0.weight": 2})["0.weight"]
    counts = masks.flatten(1).sum(0)
    assert int((counts - 400).abs().max()) < 6.2 * (4000 * 0.1 * 0.9) ** 0.5


def test_comparisons_of_masks():
    members = draws(6, 2)
    first = random_masks(MODEL.shapes, members, 100)
    inner = top(
        among(
            {n: members.normal(Use.DATA, k, m.shape[1:]) for k, (n, m) in enumerate(first.items())},
            first,
        ),
        40,
    )
    assert nested(inner, first).all()
    assert not nested(first, inner).any()
    assert hamming(inner, first).tolist() == [60, 60]
    assert overlap(inner, first).tolist() == [0.4, 0.4]
    assert kept(ones(MODEL.shapes, 2)).tolist() == [450, 450]
    assert density(first).tolist() == [100 / 450] * 2
    moved = shuffled(first, members)
    assert all(torch.equal(moved[n].flatten(1).sum(1), first[n].flatten(1).sum(1)) for n in first)
    assert int(hamming(moved, first).min()) > 0


def test_check_masks_catches_planted_errors():
    masks = random_masks(MODEL.shapes, draws(7, 2), 100)
    with pytest.raises(BadInput, match="must keep 101"):
        check_masks(masks, MODEL.shapes, 101)
    with pytest.raises(BadInput, match="boolean"):
        check_masks({n: m.float() for n, m in masks.items()}, MODEL.shapes, 100)
    with pytest.raises(BadInput, match="boolean"):
        check_masks({"0.weight": masks["0.weight"]}, MODEL.shapes, 100)


def test_straight_through_is_exact_forward_and_linear_backward():
    soft = torch.tensor([0.1, 1e9, -3.0], requires_grad=True)
    hard = torch.tensor([True, False, True])
    value = straight_through(hard, soft.abs())
    assert value.tolist() == [1.0, 0.0, 1.0]
    (value * torch.tensor([2.0, 3.0, 5.0])).sum().backward()
    assert soft.grad.tolist() == [2.0, 3.0, -5.0]


def test_geometric_ends_where_it_should():
    assert geometric(0.05, 10)[-1] == 0.05
    assert len(geometric(0.05, 10)) == 10
