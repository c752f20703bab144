"""The loop and its hooks, rewinding, controls, scores and planted tickets."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from slt_theory.data import digits
from slt_theory.data.labelled import Labelled
from slt_theory.errors import BadInput
from slt_theory.torch.train import (
    Batch,
    Mlp,
    Recipe,
    Use,
    applied,
    budget,
    constant_magnitude,
    correct,
    cross_entropy,
    draws,
    fisher,
    fit,
    fit_masked,
    fixed_task,
    initial,
    magnitude,
    nested,
    plant,
    random_masks,
    recovery,
    rounds,
    shuffled_kept,
    sign_kept,
    snip,
    split_task,
    synflow,
    synflow_masks,
    taught,
)

MODEL = Mlp((64, 30, 20, 10))
MEMBERS = draws(9, 3)


@pytest.fixture(scope="module")
def task():
    train, test = digits()
    sample = Labelled(
        np.concatenate([train.inputs, test.inputs]), np.concatenate([train.labels, test.labels])
    )
    return split_task("digits", sample, MEMBERS, (1000, 300, 497))


def plain_training(start, masks, task, recipe):
    """Training under masks in the plainest way: products with booleans, one optimiser of torch."""
    leaves = {name: value.clone().requires_grad_() for name, value in start.items()}
    options = {"lr": recipe.rate, "weight_decay": recipe.decay}
    if recipe.method == "adam":
        optimiser = torch.optim.Adam(leaves.values(), **options)
    else:
        optimiser = torch.optim.SGD(leaves.values(), momentum=recipe.momentum, **options)
    places = MEMBERS.below(1000, Use.BATCHES, 0, (recipe.steps, recipe.batch))
    for step in range(recipe.steps):
        chosen = task.train.gather(1, places[:, step])
        weights = {
            name: leaf * masks[name] if name in masks else leaf for name, leaf in leaves.items()
        }
        logits = MODEL(weights, task.inputs[chosen]).flatten(0, 1)
        labels = task.labels[chosen].flatten()
        each = torch.nn.functional.cross_entropy(logits, labels, reduction="none")
        optimiser.zero_grad()
        each.reshape(chosen.shape).mean(1).sum().backward()
        optimiser.step()
    return {n: leaf.detach() * masks[n] if n in masks else leaf for n, leaf in leaves.items()}


@pytest.mark.parametrize("method", ["adam", "sgd"])
def test_training_under_masks_is_the_plain_one_bit_for_bit(task, method):
    start = initial(MODEL, MEMBERS)
    masks = random_masks(MODEL.shapes, MEMBERS, budget(MODEL.shapes, 0.3))
    recipe = Recipe(steps=40, batch=20, method=method, rate=0.01, decay=1e-3)
    found = fit_masked(MODEL, start, masks, task, recipe, draws=MEMBERS).variables
    wanted = plain_training(start, masks, task, recipe)
    assert all(torch.equal(found[name], wanted[name]) for name in start)
    # A planted error: one weight more is kept.
    masks["0.weight"][0, 0, 0] ^= True
    other = plain_training(start, masks, task, recipe)
    assert not all(torch.equal(found[name], other[name]) for name in start)


def test_splits_are_disjoint_recorded_and_each_replicates_own(task):
    for row in torch.cat([task.train, task.validation, task.test], dim=1):
        assert sorted(row.tolist()) == list(range(1797))
    assert not torch.equal(task.train[0], task.train[1])
    record = task.to_dict()
    assert (record["train"], record["validation"], record["test"]) == (1000, 300, 497)
    assert record["split_sha256"] != task.only(0).to_dict()["split_sha256"]
    train, test = digits()
    fixed = fixed_task("digits", train, test, 2)
    assert fixed.train.shape == (2, 1346)
    assert torch.equal(fixed.answers(fixed.test)[1], torch.from_numpy(test.labels))


def test_training_learns_and_hooks_see_every_step(task):
    seen, bars = [], []
    start = initial(MODEL, MEMBERS, law="glorot-normal")
    fitted = fit(
        MODEL,
        start,
        task,
        Recipe(steps=200),
        draws=MEMBERS,
        on_step=[lambda moment: seen.append(moment.progress)],
        snapshots=(0, 100),
        progress=bars.append,
    )
    assert seen == [step / 200 for step in range(1, 201)]
    assert bars == [1] * 200
    assert all(torch.equal(fitted.snapshots[0][name], start[name]) for name in start)
    assert fitted.losses.shape == (200, 3)
    # Chance is 50 of 497; a linear model reaches 460.
    assert int(correct(MODEL, fitted.variables, task).min()) > 400


def test_a_hook_may_change_gradients_and_a_penalty_acts(task):
    def frozen(moment):
        moment.variables["0.weight"].grad.zero_()

    start = initial(MODEL, MEMBERS)
    recipe = Recipe(steps=5, method="sgd", rate=0.1)
    fitted = fit(MODEL, start, task, recipe, draws=MEMBERS, on_gradient=[frozen])
    assert torch.equal(fitted.variables["0.weight"], start["0.weight"])
    assert not torch.equal(fitted.variables["1.weight"], start["1.weight"])

    def shrink(variables, progress):
        return sum(value.square().flatten(1).sum(1) for value in variables.values())

    small = fit(MODEL, start, task, recipe, draws=MEMBERS, penalty=shrink)
    assert small.variables["0.weight"].norm() < 0.9 * start["0.weight"].norm()


def test_a_run_that_diverges_is_an_error(task):
    with pytest.raises(BadInput, match="not finite"):
        fit(
            MODEL,
            initial(MODEL, MEMBERS),
            task,
            Recipe(steps=30, method="sgd", rate=1e6),
            draws=MEMBERS,
        )


def test_a_tie_counts_as_wrong(task):
    zeros = {name: torch.zeros(3, *shape) for name, shape in MODEL.shapes.items()}
    assert correct(MODEL, zeros, task).tolist() == [0, 0, 0]


def test_rounds_prune_nested_and_rewind_bit_for_bit(task):
    start = initial(MODEL, MEMBERS, law="glorot-normal")
    keeps = [budget(MODEL.shapes, density) for density in (0.5, 0.2)]
    late = 7
    dense, half, fifth = rounds(
        MODEL, start, task, Recipe(steps=60), keeps, draws=MEMBERS, late=late
    )
    assert torch.equal(dense.start["0.weight"], start["0.weight"])
    early = dense.fitted.snapshots[late]
    for later in (half, fifth):
        assert all(torch.equal(later.start[name], early[name]) for name in early)
    assert not torch.equal(early["0.weight"], start["0.weight"])
    assert nested(fifth.masks, half.masks).all()
    assert nested(half.masks, dense.masks).all()
    largest = magnitude(applied(dense.fitted.variables, half.masks))["0.weight"]
    rest = magnitude(dense.fitted.variables)["0.weight"].masked_fill(half.masks["0.weight"], 0)
    for s in range(3):
        assert largest[s][half.masks["0.weight"][s]].min() >= rest[s].max()
    assert (fifth.fitted.variables["0.weight"][~fifth.masks["0.weight"]] == 0).all()


def test_controls_keep_what_they_say():
    tensors, fresh = initial(MODEL, MEMBERS), initial(MODEL, MEMBERS, copy=1)
    assert not torch.equal(tensors["0.weight"], fresh["0.weight"])
    signed = sign_kept(tensors, fresh)["0.weight"]
    assert torch.equal(signed.sign(), tensors["0.weight"].sign())
    assert torch.equal(signed.abs(), fresh["0.weight"].abs())
    flat = constant_magnitude(tensors)["0.weight"]
    assert torch.equal(flat.sign(), tensors["0.weight"].sign())
    assert all(row.abs().unique().numel() == 1 for row in flat)

    masks = random_masks(MODEL.shapes, MEMBERS, 500)  # counts of a layer differ between networks
    moved = shuffled_kept(tensors, masks, MEMBERS)
    for name, mask in masks.items():
        assert torch.equal(moved[name][~mask], tensors[name][~mask])
        for s in range(3):
            before, after = tensors[name][s][mask[s]], moved[name][s][mask[s]]
            assert torch.equal(before.sort().values, after.sort().values)
            assert not torch.equal(before, after)


def test_scores_against_finite_differences_and_conservation(task):
    model = Mlp((64, 6, 10))
    tensors = initial(model, MEMBERS, dtype=torch.float64)
    exact = task.to(torch.float64)
    numbers = exact.train[:, :8]
    batch = Batch(numbers, exact.inputs[numbers], exact.answers(numbers))

    def loss_at(factor, examples=slice(None)):
        changed = {**tensors, "1.weight": tensors["1.weight"].clone()}
        changed["1.weight"][:, 2, 3] *= factor
        part = Batch(*(value[:, examples] for value in batch))
        return cross_entropy(model(changed, part.inputs), part)

    step = 1e-5
    slope = (loss_at(1 + step) - loss_at(1 - step)) / (2 * step)
    assert (snip(model, tensors, batch)["1.weight"][:, 2, 3] - slope.abs()).abs().max() < 1e-8
    squares = [
        ((loss_at(1 + step, slice(k, k + 1)) - loss_at(1 - step, slice(k, k + 1))) / (2 * step))
        ** 2
        for k in range(8)
    ]
    wanted = torch.stack(squares).mean(0)
    assert (fisher(model, tensors, batch)["1.weight"][:, 2, 3] - wanted).abs().max() < 1e-7

    flow = synflow(MODEL, initial(MODEL, MEMBERS), 64)
    totals = torch.stack([score.flatten(1).sum(1) for score in flow.values()])
    assert ((totals - totals[0]).abs() <= 1e-12 * totals[0]).all()
    into, out = flow["0.weight"].sum(2), flow["1.weight"].sum(1)
    assert ((into - out).abs() <= 1e-12 * totals[0][:, None]).all()


def test_synflow_never_empties_a_layer():
    masks = synflow_masks(MODEL, initial(MODEL, MEMBERS), 64, 60, rounds=50)
    for mask in masks.values():
        assert (mask.flatten(1).sum(1) > 0).all()
    assert (sum(mask.flatten(1).sum(1) for mask in masks.values()) == 60).all()


def test_a_planted_ticket_is_its_target_bit_for_bit(task):
    source, target = initial(MODEL, MEMBERS), initial(MODEL, MEMBERS, copy=5)
    masks = random_masks(MODEL.shapes, MEMBERS, budget(MODEL.shapes, 0.3))
    planted = plant(source, target, masks)
    ticket, wanted = applied(planted, masks), applied(target, masks)
    assert all(torch.equal(ticket[name], wanted[name]) for name in wanted)
    assert torch.equal(
        planted["0.weight"][~masks["0.weight"]], source["0.weight"][~masks["0.weight"]]
    )
    own = taught(task, MODEL, planted, masks)
    assert correct(MODEL, ticket, own, "test").tolist() == [497] * 3
    assert recovery(masks, masks).recall == [1.0] * 3
    other = random_masks(MODEL.shapes, MEMBERS, budget(MODEL.shapes, 0.3), copy=1)
    assert all(0.25 < value < 0.35 for value in recovery(other, masks).precision)


def test_draws_are_each_replicates_own_and_bounded():
    alone, stack = draws(5, [7]), draws(5, range(10))
    assert torch.equal(alone.uniform(Use.DATA, 1, (20,))[0], stack.uniform(Use.DATA, 1, (20,))[7])
    values = stack.below(7, Use.DATA, 2, (1000,))
    assert int(values.min()) == 0
    assert int(values.max()) == 6
    assert sorted(stack.order(50, Use.DATA, 3)[2].tolist()) == list(range(50))
    with pytest.raises(BadInput, match="replicates"):
        draws(5, [1, 1])
