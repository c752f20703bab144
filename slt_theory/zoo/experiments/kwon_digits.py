"""What tuning the masks of pruned neurons gains: the first layer of networks on digits."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import Batch, Tensors, count_of, cross_entropy, dense
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.kwon import fisher, grams, rearranged, tuned
from slt_theory.zoo.verdicts import FULL, Size, beats

DENSITY, LEAST, BATCH = "1/4", 0.02, 30


def hidden(r: Rig, tensors: Tensors, part: str) -> Tensor:
    """Outputs of the first layer (S, examples, 100)."""
    with torch.no_grad():
        return dense(tensors, "0", r.task.inputs[r.task.part(part)]).relu()


def mask_gradients(r: Rig, tensors: Tensors) -> Tensor:
    """Gradients by the masks of the first layer's neurons on held-out batches: (S, batches, 100).

    Held-out: on the training part the loss, and with it the gradient, is almost 0.
    """
    numbers = r.task.part("validation")
    batch = Batch(numbers, r.task.inputs[numbers], r.task.answers(numbers))
    masks = torch.ones(len(r.draws), numbers.shape[1], r.model.shapes["0.weight"][0])
    masks.requires_grad_()
    logits = tail(tensors, hidden(r, tensors, "validation") * masks)
    (gradient,) = torch.autograd.grad(cross_entropy(logits, batch).sum(), masks)
    count = numbers.shape[1] // BATCH
    # The loss is a mean over all examples: times `count`, a mean over a batch.
    return gradient.reshape(len(r.draws), count, BATCH, -1).sum(2) * count


def tail(tensors: Tensors, values: Tensor) -> Tensor:
    """The network from the first hidden layer on."""
    return dense(tensors, "2", dense(tensors, "1", values).relu())


def scaled(tensors: Tensors, scales: Tensor) -> Tensors:
    """The network with the first layer's neurons times (S, 100)."""
    return {**tensors, "1.weight": tensors["1.weight"] * scales[:, None, :]}


def kept_neurons(gradients: Tensor, density: str) -> Tensor:
    """Masks (S, 100) by the Fisher diagonal, rearranged."""
    rows = []
    for grads in gradients.double().numpy():
        kept = torch.zeros(grads.shape[1], dtype=torch.bool)
        order = torch.from_numpy(-fisher(grads)).argsort(stable=True)
        kept[order[: count_of(density, grads.shape[1])]] = True
        rows.append(torch.from_numpy(rearranged(kept.numpy(), grads)))
    return torch.stack(rows)


def tuned_scales(r: Rig, tensors: Tensors, masks: Tensor, teacher: Tensor) -> Tensor:
    """Scales (S, 100) on the training images, 0 where pruned; the teacher's neurons are a mask."""
    values, weights = hidden(r, tensors, "train").double(), tensors["1.weight"].double()
    result = torch.zeros(masks.shape, dtype=torch.float32)
    for k, mask in enumerate(masks):
        lost = teacher[k] & ~mask
        missing = values[k][:, lost] @ weights[k][:, lost].T
        scales = tuned(*grams(values[k][:, mask], weights[k][:, mask], missing))
        result[k, mask] = torch.from_numpy(scales).float()
    return result


@cache
def arms(
    seed: int, size: Size, copy: int = 0, density: str = DENSITY
) -> tuple[Rig, dict[str, Tensors]]:
    """The dense network, and three with neurons at a density: pruned, tuned, tuned to itself."""
    r = rig(seed, size)
    whole = r.train(r.start(copy=copy), copy=copy).variables
    masks = kept_neurons(mask_gradients(r, whole), density)
    return r, {
        "dense": whole,
        "pruned": scaled(whole, masks.float()),
        "tuned": scaled(whole, tuned_scales(r, whole, masks, torch.ones_like(masks))),
        "own teacher": scaled(whole, tuned_scales(r, whole, masks, masks)),
    }


def tuning_gains(seed: int, size: Size = FULL) -> Outcome:
    """Test accuracy of pruned and tuned over pruned."""
    return _gain(seed, size, "tuned")


def own_teacher(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: fitted to the pruned layer's output, not to the dense one's."""
    return _gain(seed, size, "own teacher")


def _gain(seed: int, size: Size, arm: str) -> Outcome:
    r, networks = arms(seed, size)
    accuracy = {name: r.accuracy(tensors) for name, tensors in networks.items()}
    what = f"accuracy with neurons at density {DENSITY}, {arm} over pruned"
    others = {"dense": accuracy["dense"]}
    return beats(accuracy[arm], accuracy["pruned"], what, smallest=LEAST, arms=others)


def control(seed: int, size: Size = FULL) -> Outcome:
    """Tuned against tuned, other weights and order."""
    pairs = [arms(seed, size, copy) for copy in (0, 1)]
    first, second = (r.accuracy(networks["tuned"]) for r, networks in pairs)
    return beats(first, second, "tuned over tuned")
