"""A random subnetwork made trainable: what will be cut is first pressed into what stays.

Source: Bai, Wang, Tao, Li, Fu, "Dual lottery ticket hypothesis" (ICLR 2022, arXiv 2203.04248),
their random sparse network transformation. The command of the released code picks the smallest
weights; here, as in the paper, the mask is given first and may be any.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from slt_theory.errors import BadInput
from slt_theory.papers.trained.shared import (
    REPLICATES,
    Arms,
    Beats,
    Check,
    Claim,
    Paper,
    Rig,
    Run,
    Scale,
    Source,
    Verdict,
    Within,
    control,
    mutant,
    rig,
    training,
)

PAPER = Paper(
    key="bai2022",
    authors="Yue Bai, Huan Wang, Zhiqiang Tao, Kunpeng Li, Yun Fu",
    title="Dual Lottery Ticket Hypothesis",
    venue="ICLR",
    year=2022,
    arxiv="2203.04248",
)


def add_pressure(variables: training.Tensors, masks: training.Tensors, strength: float) -> None:
    """Add strength * (1 - M) * w to gradients: that of strength / 2 times the squares cut."""
    for name, mask in masks.items():
        weight = variables[name]
        assert weight.grad is not None
        weight.grad += strength * (weight.detach() * ~mask)


class Pressing:
    """`add_pressure` as a hook on gradients, at the strength of a schedule."""

    def __init__(self, masks: training.Tensors, strength: training.Schedule) -> None:
        self.masks, self.strength = masks, strength

    def __call__(self, moment: training.Moment) -> None:
        add_pressure(moment.variables, self.masks, self.strength(moment.progress))


class Transformed(NamedTuple):
    """The whole network before the cut, and the subnetwork that was trained on after it."""

    whole: training.Tensors
    ticket: training.Tensors


def transform(
    model: training.Model,
    start: training.Tensors,
    masks: training.Tensors,
    task: training.Task,
    press: training.Recipe,
    tune: training.Recipe,
    *,
    draws: training.Draws,
    strength: training.Schedule,
) -> Transformed:
    """Train all weights while those outside the masks are pressed to 0, cut them, train the rest.

    Parameters
    ----------
    press, tune : Recipe
        Of the two phases. The first must be gradient descent with rate * strength < 1: Adam
        divides what is added by its own size.
    strength : callable
        Of the progress of the first phase; the paper's grows to its last value and stays there.

    Raises
    ------
    BadInput
        The first phase is not such a descent.
    """
    if press.method != "sgd":
        raise BadInput("press", press.method, "rescales the added gradient", "use sgd")
    if not press.rate * strength(1.0) < 1:
        raise BadInput("strength", strength(1.0), f"must be below 1 / rate = {1 / press.rate:g}")
    pressing = Pressing(masks, strength)
    whole = training.fit(model, start, task, press, draws=draws, on_gradient=[pressing]).variables
    cut = training.applied(whole, masks)
    ticket = training.fit_masked(model, cut, masks, task, tune, draws=draws, copy=1).variables
    return Transformed(whole, ticket)


#: 900 steps under pressure, grown over the first 600, and 600 after the cut; scratch has them all.
PRESS, TUNE = 900, 600


# What is cached has no defaults: one arm is one key.


@cache
def descent(seed: int, size: Scale) -> Rig:
    """The rig with gradient descent for all steps of both phases."""
    return rig(seed, size, recipe=training.Recipe(steps=PRESS + TUNE, method="sgd", rate=0.05))


def start(r: Rig, copy: int = 0) -> training.Tensors:
    """Initial weights."""
    return r.start(law="kaiming-normal", copy=copy)


def masks_of(r: Rig, density: str) -> training.Tensors:
    """Masks chosen before anything is trained."""
    return training.random_masks(r.model.shapes, r.draws, r.keep(density))


@cache
def ticket(seed: int, size: Scale, density: str, pressure: bool) -> Transformed:
    """The transformed ticket; without pressure, what is cut was trained like the rest."""
    r = descent(seed, size)
    press, tune = phases(r)
    return transform(
        r.model,
        start(r),
        masks_of(r, density),
        r.task,
        press,
        tune,
        draws=r.draws,
        strength=strength if pressure else lambda _: 0.0,
    )


def phases(r: Rig) -> tuple[training.Recipe, training.Recipe]:
    """Recipes of the steps under pressure, and of those after the cut."""
    return replace(r.recipe, steps=r.steps(PRESS)), replace(r.recipe, steps=r.steps(TUNE))


@cache
def kept_pressed(seed: int, size: Scale, density: str) -> training.Tensors:
    """The ticket, had its own weights been pressed and not those that are cut."""
    r, masks = descent(seed, size), masks_of(descent(seed, size), density)
    press, tune = phases(r)
    wrong = Pressing({name: ~mask for name, mask in masks.items()}, strength)
    whole = r.train(start(r), recipe=press, on_gradient=[wrong]).variables
    return r.train(training.applied(whole, masks), masks, recipe=tune, copy=1).variables


@cache
def scratch(seed: int, size: Scale, density: str, copy: int) -> training.Tensors:
    """The same masks, trained from their initial weights for as many steps in all."""
    r = descent(seed, size)
    return r.train(start(r), masks_of(r, density), copy=copy).variables


@cache
def dense(seed: int, size: Scale, copy: int) -> training.Tensors:
    """Train the dense network for as many steps."""
    r = descent(seed, size)
    return r.train(start(r, copy), copy=copy).variables


MARGIN = 0.01


def strength(progress: float) -> float:
    """Of the pressure; rate * strength is 1/5 at the end."""
    return training.ramp(4.0, until=2 / 3)(progress)


def enlarged(seed: int, size: Scale) -> Run:
    """40 replicates for 24: won in 9 of 10, an effect is then seen at nearly every seed."""
    return Run(seed, replace(size, replicates=size.replicates * 5 // 3))


def _at(density: str) -> dict[str, Callable[[Run], training.Tensors]]:
    """Arms at a density, all for as many steps."""
    return {
        "ticket": lambda run: ticket(*run, density, True).ticket,
        "no pressure": lambda run: ticket(*run, density, False).ticket,
        "scratch": lambda run: scratch(*run, density, 0),
        "scratch, other order": lambda run: scratch(*run, density, 1),
        # Planted error.
        "kept pressed": lambda run: kept_pressed(*run, density),
    }


TENTH = Arms(
    enlarged,
    _at("1/10"),
    read=lambda run, weights: descent(*run).accuracy(weights),
    what="accuracy over scratch at density 1/10",
)
TWENTIETH = replace(
    TENTH, setting=Run, table=_at("1/20"), what="accuracy over scratch at density 1/20"
)
WHOLE = Arms(
    Run,
    {
        "1/10": lambda run: ticket(*run, "1/10", True).ticket,
        "1": lambda run: ticket(*run, "1", True).ticket,
        "dense": lambda run: dense(*run, 0),
        "other dense": lambda run: dense(*run, 1),
    },
    read=lambda run, weights: descent(*run).accuracy(weights),
    what="accuracy of the transformed random ticket over dense at density {first}",
)

RST_SCOPE = "ResNets and VGG on CIFAR and a part of ImageNet; thousands of steps under pressure"
DESCENT = f"MLP 64-100-50-10 on 8x8 digits, 1,500 steps of SGD, {REPLICATES}, each with its mask"

ENTRIES = (
    Claim(
        id="bai2022-random-tickets",
        title="Random tickets can be made trainable",
        family="pruning while training",
        source=Source(PAPER, "abstract", "ICLR 2022", "read"),
        statement="A randomly selected subnetwork, after the weights outside it have been pressed "
        "to 0 while all were trained, trains to a better accuracy than from scratch.",
        paper_scope=RST_SCOPE,
        test_scope=DESCENT.replace("24", "40"),
        not_claimed=(
            "that one chosen mask improves: each replicate has a random one",
            "that 24 replicates show it: of three master seeds two did, 23 to 1, the third 19 to 5",
        ),
        checks=(
            Check(
                "density 1/10",
                "the transformed ticket beats scratch with as many steps",
                Beats(TENTH, "ticket", "scratch"),
            ),
            control("scratch against scratch", Beats(TENTH, "scratch, other order", "scratch")),
            mutant(
                "kept weights pressed",
                "the ticket itself is pressed to 0",
                Beats(TENTH, "kept pressed", "scratch"),
            ),
        ),
    ),
    Claim(
        id="bai2022-sparser-tickets",
        title="Random tickets of a twentieth can be made trainable",
        family="pruning while training",
        source=Source(PAPER, "abstract", "ICLR 2022", "read"),
        statement="As bai2022-random-tickets, with the pressure as what does it.",
        paper_scope=RST_SCOPE,
        test_scope=DESCENT,
        checks=(
            Check(
                "density 1/20",
                "the transformed ticket beats scratch with as many steps",
                Beats(TWENTIETH, "ticket", "scratch"),
            ),
            Check(
                "pressure",
                "it beats lambda = 0, where the cut takes away weights in use",
                Beats(
                    TWENTIETH,
                    "ticket",
                    "no pressure",
                    what="accuracy with pressure over none at density 1/20",
                ),
            ),
            control("scratch against scratch", Beats(TWENTIETH, "scratch, other order", "scratch")),
            mutant(
                "kept weights pressed",
                "the ticket itself is pressed to 0",
                Beats(TWENTIETH, "kept pressed", "scratch"),
            ),
        ),
    ),
    Claim(
        id="bai2022-dense-accuracy",
        title="Transformed random tickets against the dense network",
        family="pruning while training",
        source=Source(PAPER, "abstract", "ICLR 2022", "read"),
        statement="Transformed random tickets reach an accuracy close to that of the dense "
        "network.",
        paper_scope=RST_SCOPE,
        test_scope=DESCENT,
        not_claimed=("anything about networks with so many weights that a tenth suffices",),
        checks=(
            Check(
                "density 1/10",
                "the transformed ticket is at most one point worse than dense",
                Within(WHOLE, "1/10", "dense", margin=MARGIN),
                label="not-claimed",
            ),
            control(
                "dense against dense",
                Beats(WHOLE, "dense", "other dense", what="accuracy of dense over dense"),
            ),
            Check(
                "what it can see: density 1",
                "nothing is cut between the two phases",
                Within(WHOLE, "1", "dense", margin=MARGIN),
                recorded=Verdict.CONSISTENT,
                role="mutant",
            ),
        ),
    ),
)
