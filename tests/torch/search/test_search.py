"""Searches keep weights, counts and patterns; learn; and known mistakes in them do not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from slt_theory.data import LabelledGraph, digits
from slt_theory.errors import BadInput
from slt_theory.torch.search import (
    RECIPE,
    Search,
    frozen_network,
    popup,
    search,
    search_against_existence,
)
from slt_theory.torch.train import (
    Gin,
    Mlp,
    Recipe,
    Use,
    adjacency,
    check_masks,
    conv,
    correct,
    count_of,
    draws,
    fixed_task,
    graph_task,
    initial,
    sizes,
    top,
)

MODEL = Mlp((64, 60, 10), bias=False)
WEIGHTS = sum(sizes(MODEL.shapes).values())
SHORT = Search(recipe=replace(RECIPE, steps=120))
MEMBERS = draws(3, 3)


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def task():
    return fixed_task("digits", *digits(), 3)


def accuracy(found, task, model=MODEL):
    hits = correct(model, found.tensors, task)
    return (hits.double() / task.test.shape[1]).tolist()


def test_edge_popup_learns_and_leaves_the_weights_as_drawn(task):
    found = search(MODEL, task, SHORT, draws=MEMBERS)
    # A trained network has 0.97, the best of random masks below 0.3.
    assert min(accuracy(found, task)) > 0.85
    drawn = initial(MODEL, MEMBERS, law="signed-constant", density=0.5)
    for name, mask in found.masks.items():
        assert torch.equal(found.tensors[name], drawn[name] * mask)
    assert found.density == 0.5
    assert found.mask_bits == WEIGHTS


@pytest.mark.parametrize("scope", ["layer", "global"])
def test_a_frozen_search_respects_the_pattern(task, scope):
    settings = replace(SHORT, density="0.4", prune="0.3", lock="0.2", rule="erk", scope=scope)
    found = search(MODEL, task, settings, draws=MEMBERS)
    frozen = frozen_network(MODEL.shapes, MEMBERS, prune="0.3", lock="0.2", rule="erk")
    check_masks(found.masks, MODEL.shapes, count_of("0.4", WEIGHTS))
    for name, mask in found.masks.items():
        assert not (mask & frozen.pruned[name]).any()
        assert (mask | ~frozen.locked[name]).all()
    assert found.mask_bits == frozen.mask_bits
    assert min(accuracy(found, task)) > 0.6
    if scope == "layer":
        check_masks(found.masks, MODEL.shapes, frozen.keep_counts("0.4"))


def test_a_stack_of_searches_equals_separate_searches(task):
    """In float64, up to the rounding of differently shaped products: no mask may differ."""
    exact = task.to(torch.float64)
    settings = replace(SHORT, prune="0.25", recipe=replace(RECIPE, steps=40))
    weights = {name: value.double() for name, value in initial(MODEL, MEMBERS).items()}
    together = search(MODEL, exact, settings, draws=MEMBERS, weights=weights)
    for k in range(3):
        one = {name: value[k : k + 1] for name, value in weights.items()}
        alone = search(MODEL, exact.only(k), settings, draws=MEMBERS.only(k), weights=one)
        assert all(torch.equal(together.masks[n][k], alone.masks[n][0]) for n in one)
        assert (together.losses[:, k] - alone.losses[:, 0]).abs().max() < 1e-12


def test_biprop_has_two_values_a_layer(task):
    found = search(
        MODEL, task, replace(SHORT, method="biprop", law="kaiming-normal"), draws=MEMBERS
    )
    drawn = initial(MODEL, MEMBERS, density=0.5)
    for name, value in found.tensors.items():
        mask = found.masks[name]
        assert torch.equal(value != 0, mask)
        assert torch.equal(value.sign(), drawn[name].sign() * mask)
        for s in range(3):
            scale = drawn[name][s][mask[s]].abs().mean()
            assert (value[s][mask[s]].abs() - scale).abs().max() < 1e-6
    assert min(accuracy(found, task)) > 0.6


def test_coats_nest_and_count(task):
    found = search(MODEL, task, replace(SHORT, density="0.4", coats=("0.2", "0.1")), draws=MEMBERS)
    unit = {name: value.abs().max() / 3 for name, value in found.tensors.items()}
    counts = {name: (found.tensors[name].abs() / unit[name]).round() for name in unit}
    for k, share in enumerate(("0.4", "0.2", "0.1"), start=1):
        kept = sum(int((count[0] >= k).sum()) for count in counts.values())
        assert kept == count_of(share, WEIGHTS)
    assert found.mask_bits == WEIGHTS + count_of("0.4", WEIGHTS) + count_of("0.2", WEIGHTS)
    with pytest.raises(BadInput, match="fall"):
        search(MODEL, task, replace(SHORT, density="0.4", coats=("0.5",)), draws=MEMBERS)


def test_redrawing_changes_only_weights_outside_the_mask(task):
    settings = replace(SHORT, law="kaiming-normal", redraw=0.3, redraw_every=119)
    found = search(MODEL, task, settings, draws=MEMBERS)
    plain = search(MODEL, task, replace(settings, redraw=0.0), draws=MEMBERS)
    drawn = initial(MODEL, MEMBERS, density=0.5)
    changed = [(found.tensors[n] != drawn[n]) & found.masks[n] for n in drawn]
    # One redrawing, one step before the end: few of the redrawn have entered the mask since.
    share = sum(int(c.sum()) for c in changed) / (3 * WEIGHTS)
    assert 0 <= share < 0.05
    assert torch.equal(found.losses[:119], plain.losses[:119])


def test_random_search_is_the_best_of_its_tries(task):
    one = search(MODEL, task, replace(SHORT, method="random", tries=1), draws=MEMBERS)
    many = search(MODEL, task, replace(SHORT, method="random", tries=30), draws=MEMBERS)
    hits = [correct(MODEL, found.tensors, task, "train") for found in (one, many)]
    assert (hits[1] >= hits[0]).all()
    assert (hits[1] > hits[0]).any()
    check_masks(many.masks, MODEL.shapes, {n: s // 2 for n, s in sizes(MODEL.shapes).items()})


def test_mutants_are_caught(task, monkeypatch):
    """An absolute value inside the estimator, or keeping the smallest, is no search any more."""
    good = sum(accuracy(search(MODEL, task, SHORT, draws=MEMBERS), task)) / 3
    monkeypatch.setattr(popup, "_soft", lambda weight, score: weight * score)
    signless = sum(accuracy(search(MODEL, task, SHORT, draws=MEMBERS), task)) / 3
    monkeypatch.undo()
    monkeypatch.setattr(popup, "top", lambda s, keep: top({n: -v for n, v in s.items()}, keep))
    smallest = sum(accuracy(search(MODEL, task, SHORT, draws=MEMBERS), task)) / 3
    assert good > 0.85
    assert max(signless, smallest) < 0.5


def test_searches_say_what_cannot_be(task):
    for settings, words in (
        ({"density": "0.7", "prune": "0.5"}, "feasible"),
        ({"density": "1.5"}, "must lie in"),
    ):
        with pytest.raises(BadInput, match=words):
            search(MODEL, task, replace(SHORT, **settings), draws=MEMBERS)
    with pytest.raises(BadInput, match="biases"):
        search(Mlp((64, 10)), task, SHORT, draws=MEMBERS)
    with pytest.raises(BadInput, match="scope"):
        Search(scope="all")
    with pytest.raises(BadInput, match="coats"):
        Search(coats=("0.1",), lock="0.1")


def test_a_cnn_is_searched(task):
    model = conv(2, (1, 8, 8), width=8, bias=False)
    settings = replace(SHORT, prune="0.1", lock="0.1", recipe=replace(RECIPE, steps=200))
    found = search(model, task, settings, draws=MEMBERS)
    assert min(accuracy(found, task, model)) > 0.5


def test_gin_finds_two_communities():
    """Two dense groups of 12 nodes with 4 edges between them; labels of half are seen."""
    members = draws(1, 4)
    lots = draws(7, [0]).below(100, Use.DATA, 0, (24, 24))[0]
    edges = [
        (a, b)
        for a in range(24)
        for b in range(a + 1, 24)
        if int(lots[a, b]) < (60 if (a < 12) == (b < 12) else 3)
    ]
    graph = LabelledGraph(np.array(edges), np.eye(24), np.array([0] * 12 + [1] * 12))
    task = graph_task("two groups", graph, members, (12, 0, 12))
    model = Gin(adjacency(graph), torch.eye(24), hidden=32)
    settings = replace(SHORT, recipe=replace(RECIPE, steps=150, batch=None))
    found = search(model, task, settings, draws=members)
    assert sum(accuracy(found, task, model)) / 4 > 0.8


def test_search_ends_below_a_planted_ticket(task):
    out = search_against_existence(
        MODEL,
        task,
        replace(SHORT, density="0.2", law="kaiming-normal", tries=5),
        draws=MEMBERS,
        teacher=Recipe(steps=100),
    )
    assert out.best == [1.0, 1.0, 1.0]
    assert all(0.5 < value < 1 for value in out.found)
    assert all(found > lucky for found, lucky in zip(out.found, out.chance, strict=True))
    assert out.density == count_of("0.2", WEIGHTS) / WEIGHTS
    assert all(0 <= value <= 1 for value in (*out.precision, *out.recall))
