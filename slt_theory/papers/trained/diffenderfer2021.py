"""Multi-prize tickets: binary subnetworks of a random network, found without training a weight.

Edge-popup on weights of one magnitude a layer gives a binary ticket as it is; biprop makes one of
any random weights, sign times one scale a layer, computed again from the kept weights in every
step. The search itself is `slt_theory.torch.search`.

Source: Diffenderfer and Kailkhura, "Multi-prize lottery ticket hypothesis" (arXiv 2103.09377),
binary weights with real activations (their MPT-1/32); Ramanujan et al., "What's hidden in a
randomly weighted neural network?" (arXiv 1911.13299). What their code calls ``prune_rate`` is the
fraction kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.papers.diffenderfer2021 import PAPER as PRIZE
from slt_theory.papers.trained.shared import (
    FULL,
    Arms,
    Beats,
    Check,
    Claim,
    Outcome,
    Paper,
    Rig,
    Run,
    Scale,
    Source,
    Verdict,
    Within,
    control,
    mutant,
    not_worse,
    rig,
    searching,
    torch,
    training,
)

POPUP = Paper(
    key="ramanujan2020",
    authors="Ramanujan, Wortsman, Kembhavi, Farhadi, Rastegari",
    title="What's hidden in a randomly weighted neural network?",
    venue="CVPR",
    year=2020,
    arxiv="1911.13299",
)


def prize(
    model: training.Model,
    task: training.Task,
    density: Any,
    recipe: training.Recipe,
    *,
    draws: training.Draws,
    method: str = "edge-popup",
    law: str = "signed-constant",
    copy: int = 0,
) -> tuple[training.Tensors, searching.Found]:
    """Random weights, and a ticket of them that keeps this share of every layer.

    Parameters
    ----------
    model : Model
        Without biases.
    density : number in (0, 1)
    method : edge-popup or biprop
    law : str
        Of the weights; edge-popup gives a binary ticket of signed-constant ones only.
    copy : int
        Another number gives other weights.
    """
    weights = training.initial(model, draws, law=law, density=float(density), copy=copy)
    settings = searching.Search(density=density, method=method, recipe=recipe)
    return weights, searching.search(model, task, settings, draws=draws, weights=weights)


def parts(tensors: training.Tensors) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """Split a binary ticket: of each layer the scales (S,) and signs in {-1, 0, 1}, int8.

    Raises
    ------
    BadInput
        A layer of a network has two magnitudes.
    """
    found = {}
    for name, value in tensors.items():
        flat = value.flatten(1)
        scale, signs = flat.abs().amax(1), flat.sign()
        if not torch.equal(scale[:, None] * signs, flat):
            raise BadInput("tensors", name, "has more than one magnitude", "search with biprop")
        found[name] = scale, signs.reshape(value.shape).to(torch.int8)
    return found


HALF, THREE_TENTHS = Fraction(1, 2), Fraction(3, 10)
#: Ten losses of ten decide at level 1e-3: enough for a mutant that is far below.
FEW = 10
#: Twice the hidden units of the usual rig: these claims are about wide random networks.
WIDTHS, MARGIN = (64, 200, 100, 10), 0.02


@cache
def network() -> training.Mlp:
    """The network that is searched: without biases."""
    return training.Mlp(WIDTHS, bias=False)


@cache
def wide(seed: int, size: Scale) -> Rig:
    """The rig with twice the hidden units."""
    return rig(seed, size, widths=WIDTHS)


def recipe(size: Scale) -> training.Recipe:
    """The search's own, at this size."""
    return replace(searching.RECIPE, steps=size.steps(searching.RECIPE.steps))


def accuracy(r: Rig, tensors: training.Tensors) -> list[Fraction]:
    """Of networks without biases."""
    return replace(r, model=network()).accuracy(tensors)


@cache
def dense(seed: int, size: Scale, copy: int = 0) -> list[Fraction]:
    """The same architecture with all its weights and biases trained."""
    r = wide(seed, size)
    return r.accuracy(r.train(r.start(copy=copy), copy=copy).variables)


@cache
def ticket(
    seed: int, size: Scale, density: Fraction, method: str = "edge-popup"
) -> tuple[training.Tensors, searching.Found]:
    """Weights and ticket: edge-popup on signed constants, or biprop on normal weights."""
    r = wide(seed, size)
    law = "kaiming-normal" if method == "biprop" else "signed-constant"
    return prize(network(), r.task, density, recipe(size), draws=r.draws, method=method, law=law)


@cache
def signless_accuracies(seed: int, size: Scale) -> list[Fraction]:
    """Of a search at density 3/10 whose gradient goes to the score, not to its absolute value.

    In the first replicates only; they have the numbers that they have in the whole stack.
    """
    few = replace(size, replicates=min(FEW, size.replicates))
    r = wide(seed, few)
    weights = training.initial(
        network(), r.draws, law="signed-constant", density=float(THREE_TENTHS)
    )
    fitted = popup_by(r, weights, THREE_TENTHS, recipe(few), lambda w, s: w * s)
    masks = training.top(
        training.magnitude(fitted.variables), training.budget(network().shapes, THREE_TENTHS)
    )
    return accuracy(r, training.applied(weights, masks))


def signless(seed: int, size: Scale = FULL) -> Outcome:
    """Mutant: the absolute value stands inside the estimator."""
    wrong = signless_accuracies(seed, size)
    trained = dense(seed, size)[: len(wrong)]
    return not_worse(wrong, trained, "accuracy without signs over training", margin=MARGIN)


def popup_by(
    r: Rig,
    weights: training.Tensors,
    density: Fraction,
    how: training.Recipe,
    soft: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> training.Fitted:
    """Edge-popup in eight lines, for its mutants; with soft = w |s| it is the search's, to a bit.

    Its variables are the scores.
    """
    keep = training.budget(network().shapes, density)
    scores = {
        name: (r.draws.uniform(training.Use.SCORES, k, shape) / shape[1] ** 0.5).float()
        for k, (name, shape) in enumerate(network().shapes.items())
    }

    def effective(variables: training.Tensors) -> training.Tensors:
        with torch.no_grad():
            hard = training.applied(weights, training.top(training.magnitude(variables), keep))
        return {
            n: training.straight_through(hard[n], soft(weights[n], s)) for n, s in variables.items()
        }

    return training.fit(network(), scores, r.task, how, draws=r.draws, effective=effective)


def _smallest(run: Run, method: str) -> training.Tensors:
    """The weights, or their signs, outside the ticket: the half of smallest score."""
    weights, found = ticket(*run, HALF, method)
    if method == "biprop":
        weights = {name: weight.sign() for name, weight in weights.items()}
    return {name: weight * ~found.masks[name] for name, weight in weights.items()}


SEARCHES = Arms(
    Run,
    {
        "training": lambda run: dense(*run),
        "other training": lambda run: dense(*run, copy=1),
        "edge-popup at density 1/2": lambda run: ticket(*run, HALF)[1].tensors,
        "edge-popup at density 3/10": lambda run: ticket(*run, THREE_TENTHS)[1].tensors,
        "biprop at density 1/2": lambda run: ticket(*run, HALF, "biprop")[1].tensors,
        # Planted errors.
        "smallest, edge-popup": lambda run: _smallest(run, "edge-popup"),
        "smallest, biprop": lambda run: _smallest(run, "biprop"),
    },
    read=lambda run, tensors: accuracy(wide(*run), tensors),
    what="accuracy of {first} over training",
)
SMALLEST = "accuracy of the half of smallest score over training"
TRAINING_AGAIN = Beats(
    SEARCHES, "training", "other training", what="accuracy of training over training"
)
AT_HALF = Within(SEARCHES, "edge-popup at density 1/2", "training", margin=MARGIN)

WIDE = "MLP 64-200-100-10 on 8x8 digits, 24 replicates of split, weights and order; the search "
SEARCH = WIDE + "takes 800 steps and has no biases, the trained network 600 Adam steps and biases"

ENTRIES = (
    Claim(
        id="ramanujan2020-hidden-subnetwork",
        title="A wide random network hides a subnetwork as good as a trained one",
        family="untrained networks",
        source=Source(POPUP, "abstract; edge-popup as in the code", "CVPR 2020", "code"),
        statement="A sufficiently wide random network contains, under a mask that edge-popup "
        "finds, a subnetwork about as accurate as a trained network.",
        paper_scope="Wide ResNet-50 against ResNet-34 on ImageNet; Conv2 to Conv8 on CIFAR-10",
        test_scope=SEARCH,
        not_claimed=("anything at other densities than one half: the next entry has 3/10",),
        checks=(
            Check(
                "half",
                "at density 1/2 at most two points worse than training the same architecture",
                AT_HALF,
            ),
            control("training against training", TRAINING_AGAIN),
            mutant(
                "keeps the smallest",
                "the half of smallest score is kept",
                Within(SEARCHES, "smallest, edge-popup", "training", margin=MARGIN, what=SMALLEST),
            ),
        ),
    ),
    Claim(
        id="diffenderfer2021-multi-prize",
        title="A random network holds accurate tickets with binary weights",
        family="untrained networks",
        source=Source(PRIZE, "hypothesis and experiments, MPT-1/32", "ICLR 2021", "recalled-high"),
        statement="A sufficiently wide random network contains subnetworks with binary weights, "
        "one scale a layer, that are about as accurate as the trained dense network.",
        paper_scope="Conv2 to Conv8, VGG and ResNets on CIFAR-10, WideResNet-50 on ImageNet",
        test_scope=SEARCH + "; weights of one magnitude a layer, hence binary as drawn",
        not_claimed=("binary activations: they need normalisation, which the networks here lack",),
        uses=("ramanujan2020-hidden-subnetwork",),
        checks=(
            Check(
                "three tenths",
                "at density 3/10 at most two points worse than training the same architecture",
                Within(SEARCHES, "edge-popup at density 3/10", "training", margin=MARGIN),
            ),
            control("training against training", TRAINING_AGAIN),
            mutant(
                "no sign",
                "the absolute value stands inside the straight-through estimator",
                signless,
            ),
        ),
    ),
    Claim(
        id="diffenderfer2021-biprop",
        title="Biprop finds accurate binary tickets of weights of any law",
        family="untrained networks",
        source=Source(PRIZE, "biprop; backward pass as in the code", "ICLR 2021", "code"),
        statement="Signs of random weights times a scale recomputed from the kept ones, searched "
        "by biprop, are about as accurate as the trained dense network.",
        paper_scope="Conv2 to Conv8, VGG and ResNets on CIFAR-10, WideResNet-50 on ImageNet",
        test_scope=SEARCH + "; normal weights",
        not_claimed=(
            "that the scale matters for accuracy: without biases ReLU networks are homogeneous",
            "a difference of two points: biprop ends about one and a third below training, near "
            "the margin, and 24 replicates do not always decide",
        ),
        checks=(
            Check(
                "half",
                "at density 1/2 at most two points worse than training the same architecture",
                Within(SEARCHES, "biprop at density 1/2", "training", margin=MARGIN),
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check(
                "sees a ticket",
                "the same statistic for edge-popup on signed constants",
                AT_HALF,
                recorded=Verdict.CONSISTENT,
                role="mutant",
            ),
            control("training against training", TRAINING_AGAIN),
            mutant(
                "keeps the smallest",
                "the half of smallest score is kept",
                Within(SEARCHES, "smallest, biprop", "training", margin=MARGIN, what=SMALLEST),
            ),
        ),
    ),
)
