"""Variational depth search: the depth of a residual network as a random variable.

Every depth predicts through one output layer, so that one pass gives all predictions; a
distribution q over depths is trained with the weights by the evidence lower bound, which is a sum
and needs no samples. Pruning cuts the network at the most probable depth.

Source: Antorán, Allingham and Hernández-Lobato, "Variational depth search in ResNets" (arXiv
2002.02797). Their image scripts stop early by test data; nothing here looks at test data.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import cache, partial
from typing import Any

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
    beats,
    control,
    mutant,
    rig,
    torch,
    training,
)

PAPER = Paper(
    key="antoran2020",
    authors="Antorán, Allingham, Hernández-Lobato",
    title="Variational depth search in ResNets",
    venue="arXiv",
    year=2020,
    arxiv="2002.02797",
)


def prior(depths: int, rate: float = 0.85) -> torch.Tensor:
    """Log of the geometric law over 0 .. depths, normalised."""
    log_weights = torch.arange(1, depths + 2) * torch.tensor(rate, dtype=torch.float64).log()
    return log_weights.log_softmax(0)


def elbo(log_likelihood: Any, q: Any, log_q: Any, log_prior: Any) -> Any:
    """sum_d q_d (log p(data | d) + log prior_d - log q_d), over the last axis.

    Any numbers will do, also balls in arrays of objects.
    """
    return (q * (log_likelihood + (log_prior - log_q))).sum(-1)


class DepthNet:
    """Residual layers of one width between an input and an output layer.

    Outputs (S, B, depths + 1, classes + 1): the logits of each depth, and log q of the depth in the
    last column. `depth` among the tensors holds the logits of q.
    """

    def __init__(self, inputs: int, width: int, depths: int, classes: int, examples: int) -> None:
        self.depths, self.examples = depths, examples
        sides = {"first": (width, inputs)}
        sides |= {str(k): (width, width) for k in range(1, depths + 1)}
        sides["last"] = (classes, width)
        shapes: dict[str, tuple[int, ...]] = {}
        for name, shape in sides.items():
            shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
        self.shapes: training.Shapes = {**shapes, "depth": (depths + 1,)}
        self.log_prior = prior(depths).float()

    def __call__(self, tensors: training.Tensors, inputs: torch.Tensor) -> torch.Tensor:
        stack = tensors["depth"].shape[0]
        value = inputs if inputs.dim() == 3 else inputs.expand(stack, *inputs.shape)
        value = training.dense(tensors, "first", value).relu()
        logits = [training.dense(tensors, "last", value)]
        for k in range(1, self.depths + 1):
            value = value + training.dense(tensors, str(k), value).relu()
            logits.append(training.dense(tensors, "last", value))
        every = torch.stack(logits, dim=2)
        log_q = tensors["depth"].log_softmax(1)[:, None, :, None]
        return torch.cat((every, log_q.expand(-1, every.shape[1], -1, 1)), dim=3)

    def loss(self, outputs: torch.Tensor, batch: training.Batch) -> torch.Tensor:
        """Minus the evidence lower bound an example, estimated from the batch."""
        picked = outputs[..., :-1].log_softmax(3).gather(3, _labels(outputs, batch))[..., 0]
        log_q = outputs[:, 0, :, -1]
        likelihood = self.examples * picked.mean(1)
        bound: torch.Tensor = elbo(likelihood, log_q.exp(), log_q, self.log_prior)
        return -bound / self.examples

    def fixed_loss(self, outputs: torch.Tensor, batch: training.Batch) -> torch.Tensor:
        """Mean cross-entropy where q is one depth: a residual network as usual."""
        picked = outputs[..., :-1].log_softmax(3).gather(3, _labels(outputs, batch))[..., 0]
        return -(outputs[:, :, :, -1].exp() * picked).sum(2).mean(1)


def _labels(outputs: torch.Tensor, batch: training.Batch) -> torch.Tensor:
    return batch.labels[:, :, None, None].expand(-1, -1, outputs.shape[2], 1)


class Mixture:
    """The same network as a predictor: outputs are probabilities, averaged over q."""

    def __init__(self, net: DepthNet) -> None:
        self.net, self.shapes = net, net.shapes

    def __call__(self, tensors: training.Tensors, inputs: torch.Tensor) -> torch.Tensor:
        outputs = self.net(tensors, inputs)
        return (outputs[..., :-1].softmax(3) * outputs[..., -1:].exp()).sum(2)


def fixed(tensors: training.Tensors, depth: torch.Tensor) -> training.Tensors:
    """All of q on one depth (S,) of each network."""
    one = torch.nn.functional.one_hot(depth, tensors["depth"].shape[1])
    return {**tensors, "depth": one.log().to(tensors["depth"].dtype)}


def pruned(tensors: training.Tensors, depth: torch.Tensor | None = None) -> training.Tensors:
    """Cut after the most probable depth, or after another; it gets the mass of what is cut."""
    q = tensors["depth"].softmax(1)
    last = q.argmax(1) if depth is None else depth
    places = torch.arange(q.shape[1])
    rest = (q * (places >= last[:, None])).sum(1, keepdim=True)
    kept = torch.where(places < last[:, None], q, 0.0)
    return {**tensors, "depth": torch.where(places == last[:, None], rest, kept).log()}


WIDTH, DEPTHS, TRAIN, MARGIN, BINS = 20, 10, 1000, 0.01, 15


@cache
def net() -> DepthNet:
    """Depths 0 to 10."""
    return DepthNet(64, WIDTH, DEPTHS, 10, TRAIN)


@cache
def digits_rig(seed: int, size: Scale) -> Rig:
    """The rig with gradient descent."""
    recipe = training.Recipe(steps=600, batch=60, method="sgd", rate=0.1, momentum=0.5)
    return rig(seed, size, recipe=recipe)


def _start(r: Rig, copy: int) -> training.Tensors:
    """Residual branches begin a tenth as large, or their sum would grow with the depth."""
    tensors = training.initial(net(), r.draws, law="kaiming-normal", copy=copy)
    branches = {f"{k}.weight" for k in range(1, DEPTHS + 1)}
    return {name: value / 10 if name in branches else value for name, value in tensors.items()}


@cache
def trained(seed: int, size: Scale, copy: int = 0) -> training.Tensors:
    """Train weights and distribution of depths together."""
    r = replace(digits_rig(seed, size), model=net())
    return r.train(_start(r, copy), copy=copy, loss=net().loss).variables


@cache
def deep(seed: int, size: Scale) -> training.Tensors:
    """The usual residual network of full depth, from the same weights and batches."""
    r = replace(digits_rig(seed, size), model=net())
    start = _start(r, 0)
    last = torch.full((len(r.draws),), DEPTHS)
    depth = fixed(start, last)["depth"]
    weights = {name: value for name, value in start.items() if name != "depth"}
    fitted = r.train(
        weights,
        loss=net().fixed_loss,
        effective=lambda variables: {**variables, "depth": depth},
    )
    return {**fitted.variables, "depth": depth}


def accuracy(seed: int, size: Scale, tensors: training.Tensors) -> list[Fraction]:
    """Test accuracy of the mixture of depths."""
    return replace(digits_rig(seed, size), model=Mixture(net())).accuracy(tensors)


def calibration(seed: int, size: Scale, tensors: training.Tensors) -> list[float]:
    """Expected calibration error on the test part, in 15 equal bins of confidence."""
    task = digits_rig(seed, size).task
    values = training.outputs(Mixture(net()), tensors, task.inputs, task.test).double()
    confidence, guess = values.max(2)
    right = (guess == task.answers(task.test)).double()
    place = (confidence * BINS).long().clamp(max=BINS - 1)
    gaps = torch.zeros(len(values), BINS, dtype=torch.float64)
    gaps.scatter_add_(1, place, right - confidence)
    return [float(gap) for gap in gaps.abs().sum(1) / values.shape[1]]


def _blunted(tensors: training.Tensors) -> training.Tensors:
    return {n: value / 10 if n.startswith("last.") else value for n, value in tensors.items()}


def calibrated(seed: int, size: Scale = FULL, *, blunt: str = "") -> Outcome:
    """The mixture's calibration error is a point below that of the network of full depth.

    Mutants: the logits of the one, or of the other, are divided by ten.
    """
    mixture, single = trained(seed, size), deep(seed, size)
    mixture = _blunted(mixture) if blunt == "mixture" else mixture
    single = _blunted(single) if blunt == "single" else single
    first, second = ([-e for e in calibration(seed, size, t)] for t in (mixture, single))
    what = f"minus calibration error of the mixture over depth {DEPTHS} alone"
    arms = {
        "accuracy of the mixture": accuracy(seed, size, mixture),
        f"accuracy of depth {DEPTHS}": accuracy(seed, size, single),
    }
    return beats(first, second, what, smallest=MARGIN, arms=arms)


def _least(run: Run) -> training.Tensors:
    """Mutant: cut at the least probable depth, whose prediction alone is kept."""
    whole = trained(*run)
    return fixed(whole, whole["depth"].argmin(1))


NETWORKS = Arms[Run](
    Run,
    {
        "the mixture of depths": lambda run: trained(*run),
        "the network cut at argmax q": lambda run: pruned(trained(*run)),
        "another mixture": lambda run: trained(*run, 1),
        "the depth of least q": _least,
        "depth": lambda run: trained(*run)["depth"].argmax(1).tolist(),
    },
    read=lambda run, tensors: accuracy(*run, tensors),
    what="accuracy of {first} over {second}",
)
MIXTURE = "the mixture of depths"
MIXED_AGAIN = Beats(
    NETWORKS, MIXTURE, "another mixture", what="accuracy of the mixture over itself"
)

DEPTH_NET = (
    "residual MLP of width 20, depths 0 to 10, on 8x8 digits; 600 steps of SGD, 24 replicates of "
    "split, weights and order"
)

ENTRIES = (
    Claim(
        id="antoran2020-pruning",
        title="A network cut at its most probable depth loses nothing",
        family="probabilistic and biological",
        source=Source(PAPER, "abstract", "arXiv v4", "read"),
        statement="Cut at the most probable depth, a residual network predicts as accurately as "
        "the mixture of all depths.",
        paper_scope="residual networks on spirals, MNIST, Fashion-MNIST and SVHN",
        test_scope=DEPTH_NET,
        not_claimed=(
            "that much is cut: after 600 steps q is still broad, and its maximum lies at depths 7 "
            "to 10",
            "early stopping by test data, which the released scripts do",
        ),
        checks=(
            Check(
                "cut",
                "at most one point less accurate than the mixture",
                Within(
                    NETWORKS,
                    "the network cut at argmax q",
                    MIXTURE,
                    margin=MARGIN,
                    beside=("depth",),
                ),
            ),
            control("mixture against mixture", MIXED_AGAIN),
            mutant(
                "least probable",
                "cut to the depth of least q",
                Within(
                    NETWORKS,
                    "the depth of least q",
                    MIXTURE,
                    margin=MARGIN,
                    what="accuracy of {first} over all",
                ),
            ),
        ),
    ),
    Claim(
        id="antoran2020-calibration",
        title="The mixture of depths is better calibrated than one depth",
        family="probabilistic and biological",
        source=Source(PAPER, "abstract", "arXiv v4", "read"),
        statement="Averaged over depths, predictions are better calibrated than those of a "
        "residual network of full depth.",
        paper_scope="residual networks on MNIST, Fashion-MNIST and SVHN",
        test_scope=DEPTH_NET,
        not_claimed=(
            "that there is no difference: the mixture is better in 16 to 20 of 24 replicates, by "
            "half a point in the median, where one point is asked",
        ),
        checks=(
            Check(
                "calibration error",
                "at least a point below that of depth 10 alone, in 15 bins: less than that here",
                calibrated,
                recorded=Verdict.INCONCLUSIVE,
            ),
            control("mixture against mixture", MIXED_AGAIN),
            mutant(
                "blunt mixture",
                "logits of the mixture divided by ten",
                partial(calibrated, blunt="mixture"),
            ),
            mutant(
                "blunt depth 10",
                "logits of depth 10 divided by ten, and the mixture is seen to win",
                partial(calibrated, blunt="single"),
                Verdict.CONSISTENT,
            ),
        ),
    ),
)
