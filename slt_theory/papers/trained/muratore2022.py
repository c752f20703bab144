"""Prune and distill: luminance, class and dimension along trained and untrained layers.

Source: Muratore et al., "Prune and distill: similar reformatting of image information along rat
visual cortex and deep neural networks" (NeurIPS 2022), which measures both along networks and
brains; the dimension is that of `facco2017`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from slt_theory.papers.trained.facco2017 import ratios, two_nn
from slt_theory.papers.trained.shared import (
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
    control,
    functional,
    mutant,
    rig,
    torch,
    training,
)

PAPER = Paper(
    key="muratore2022",
    authors="Muratore, Tafazoli, Piasini, Laio, Zoccolan",
    title="Prune and distill: similar reformatting of image information along rat visual cortex "
    "and deep neural networks",
    venue="NeurIPS",
    year=2022,
    arxiv="2205.13816",
)


def probe(
    train: torch.Tensor, targets: torch.Tensor, test: torch.Tensor, *, ridge: float = 1.0
) -> torch.Tensor:
    """Predictions (S, n', t) of ridge regression from features (S, n, d) to targets (S, n, t).

    With a constant feature; in float64.
    """
    train, test = (
        torch.cat((part.double(), torch.ones(*part.shape[:2], 1, dtype=torch.float64)), dim=2)
        for part in (train, test)
    )
    gram = train.mT @ train + ridge * torch.eye(train.shape[2], dtype=torch.float64)
    predictions: torch.Tensor = test @ torch.linalg.solve(gram, train.mT @ targets.double())
    return predictions


def activations(
    model: training.Mlp, tensors: training.Tensors, task: training.Task, part: str
) -> list[torch.Tensor]:
    """Outputs (S, n, width) of every layer but the last, on a part of the examples."""
    with torch.no_grad():
        *hidden, _ = model.layers(tensors, task.inputs[task.part(part)])
    return hidden


#: Four hidden layers of one width, so that their probes have equally many features.
WIDTHS = (64, 100, 100, 100, 100, 10)
FIRST, LAST = 0, 3


@cache
def digits_rig(seed: int, size: Scale) -> Rig:
    """Digits whose brightness says nothing: gain in [1/2, 1] and offset in [0, 1/2] by lot."""
    r = rig(seed, size, widths=WIDTHS)
    lots = training.draws(seed, [0]).uniform(training.Use.DATA, 0, (len(r.task.inputs), 2))[0]
    gain, offset = (3 + lots[:, :1]) / 4, (1 + lots[:, 1:]) / 4
    inputs = (gain * r.task.inputs.double() + offset).float()
    return replace(r, task=replace(r.task, inputs=inputs))


def luminance(r: Rig) -> torch.Tensor:
    """Mean pixel of each example."""
    return r.task.inputs.double().mean(1)


@cache
def _networks(seed: int, size: Scale, arm: str) -> training.Tensors:
    r = digits_rig(seed, size)
    if arm == "untrained":
        return r.start()
    if arm == "again":
        return r.train(r.start(copy=1), copy=1).variables
    if arm == "luminance":
        ranks = luminance(r).argsort().argsort()
        task = replace(r.task, labels=ranks * 10 // len(ranks))
        return r.train(r.start(), task=task).variables
    return r.train(r.start()).variables


@cache
def probed(seed: int, size: Scale, arm: str) -> dict[str, list[list[float]]]:
    """R^2 for the luminance and accuracy for the class: of each layer, of each replicate."""
    r = digits_rig(seed, size)
    found: dict[str, list[list[float]]] = {"luminance": [], "class": []}
    task, light = r.task, luminance(r)
    answers = {part: task.answers(task.part(part)) for part in ("train", "test")}
    light_test = light[task.test]
    total = (light_test - light_test.mean(1, keepdim=True)).square().sum(1)
    targets = torch.cat(
        (light[task.train][:, :, None], functional.one_hot(answers["train"], 10)), dim=2
    )
    networks = _networks(seed, size, arm)
    layers = [activations(training.Mlp(WIDTHS), networks, task, part) for part in ("train", "test")]
    for train, test in zip(*layers, strict=True):
        guess = probe(train, targets, test)
        misses = (guess[:, :, 0] - light_test).square().sum(1)
        found["luminance"].append((1 - misses / total).tolist())
        right = guess[:, :, 1:].argmax(2) == answers["test"]
        found["class"].append(right.double().mean(1).tolist())
    return found


@cache
def dimensions(seed: int, size: Scale, arm: str = "trained") -> list[list[float]]:
    """Of the test images, and of each hidden layer's outputs for them."""
    r = digits_rig(seed, size)
    hidden = activations(training.Mlp(WIDTHS), _networks(seed, size, arm), r.task, "test")
    clouds = [r.task.inputs[r.task.test], *hidden]
    return [two_nn(ratios(cloud.double())).tolist() for cloud in clouds]


def _luminance(arm: str, layer: int) -> Callable[[Run], list[float]]:
    """R^2 of the luminance."""
    return lambda run: probed(*run, arm)["luminance"][layer]


def _class(arm: str, layer: int) -> Callable[[Run], list[float]]:
    """Accuracy of the class."""
    return lambda run: probed(*run, arm)["class"][layer]


def _dimension(arm: str, layer: int) -> Callable[[Run], list[float]]:
    """Of a layer; the images are layer -1."""
    return lambda run: dimensions(*run, arm)[1 + layer]


def _plane(run: Run) -> list[float]:
    """Mutant: of each image only the brightness of its upper and lower half is left."""
    r = digits_rig(*run)
    images = r.task.inputs[r.task.test].double()
    halves = images.reshape(*images.shape[:2], 2, 32).mean(3)
    plane: list[float] = two_nn(ratios(halves)).tolist()
    return plane


LUMINANCE = Arms(
    Run,
    {
        "first": _luminance("trained", FIRST),
        "last": _luminance("trained", LAST),
        "untrained": _luminance("untrained", LAST),
        "again": _luminance("again", LAST),
        # Planted error: luminance is what the network is trained to tell.
        "luminance learned": _luminance("luminance", LAST),
    },
    what="R^2 of luminance in the last hidden layer, untrained over trained",
)
CLASSES = Arms(
    Run,
    {
        "first": _class("trained", FIRST),
        "last": _class("trained", LAST),
        # Planted error: the probe reads the network before training.
        "first, untrained": _class("untrained", FIRST),
        "last, untrained": _class("untrained", LAST),
    },
    what="accuracy of class probes, last over first layer",
)
DIMENSIONS = Arms(
    Run,
    {
        "the images": _dimension("trained", -1),
        "first": _dimension("trained", FIRST),
        "the last": _dimension("trained", LAST),
        "again": _dimension("again", LAST),
        "a plane": _plane,
    },
    what="dimension of the first hidden layer over {second}",
)

PROBED = (
    "MLP with four hidden layers of 100 on 8x8 digits of random gain and offset, 600 Adam steps, "
    "24 replicates of split, weights and order; ridge probes"
)

ENTRIES = (
    Claim(
        id="muratore2022-probes",
        title="Layers prune luminance and distil the class",
        family="probabilistic and biological",
        source=Source(PAPER, "abstract", "NeurIPS 2022", "read"),
        statement="Along a trained network low-level information falls and class information "
        "rises, and both are due to training.",
        paper_scope="single units of convolutional networks on photographs; rat visual cortex",
        test_scope=PROBED,
        not_claimed=(
            "that training prunes luminance here: untrained layers lose about as much of it",
        ),
        checks=(
            Check(
                "luminance falls",
                "it is known less well in the last hidden layer than in the first",
                Beats(
                    LUMINANCE,
                    "first",
                    "last",
                    what="R^2 of luminance, first over last hidden layer",
                ),
            ),
            Check(
                "luminance falls by training",
                "less well in the last hidden layer than without training: no difference here",
                Beats(LUMINANCE, "untrained", "last"),
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check(
                "class rises",
                "it is read better from the last hidden layer than from the first",
                Beats(CLASSES, "last", "first"),
            ),
            control(
                "trained against trained",
                Beats(
                    LUMINANCE,
                    "last",
                    "again",
                    what="R^2 of luminance in the last hidden layer, trained over trained",
                ),
            ),
            mutant(
                "untrained",
                "the class is read from the network before training, and falls",
                Beats(CLASSES, "last, untrained", "first, untrained"),
            ),
            mutant(
                "luminance is the label",
                "trained to tell luminance, the network keeps it",
                Beats(LUMINANCE, "untrained", "luminance learned"),
            ),
        ),
    ),
    Claim(
        id="muratore2022-dimension",
        title="Intrinsic dimension expands, then contracts",
        family="probabilistic and biological",
        source=Source(PAPER, "abstract", "NeurIPS 2022", "read"),
        statement="Along a network the intrinsic dimension of what it sees first grows and then "
        "falls.",
        paper_scope="convolutional networks on photographs of 227 pixels; rat visual cortex",
        test_scope=PROBED + "; TwoNN on 497 test images",
        not_claimed=("anything about convolutions or large images: digits have dimension 8",),
        checks=(
            Check(
                "expands",
                "from the images to the first hidden layer: it falls here",
                Beats(DIMENSIONS, "first", "the images"),
                label="not-claimed",
            ),
            Check(
                "contracts",
                "from the first hidden layer to the last",
                Beats(DIMENSIONS, "first", "the last"),
            ),
            control(
                "two trained networks",
                Beats(
                    DIMENSIONS,
                    "the last",
                    "again",
                    what="dimension of the last hidden layer, trained over trained",
                ),
            ),
            mutant(
                "flattened",
                "the images are reduced to two numbers each, and dimension is seen to grow",
                Beats(
                    DIMENSIONS, "first", "a plane", what="dimension of a hidden layer over a plane"
                ),
                Verdict.CONSISTENT,
            ),
        ),
    ),
)
