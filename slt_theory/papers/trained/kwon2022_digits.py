"""What tuning the masks of pruned neurons gains: the first layer of networks on digits."""

from __future__ import annotations

from functools import cache

from slt_theory.papers.trained.kwon2022 import PAPER, fisher, grams, rearranged, tuned
from slt_theory.papers.trained.shared import (
    SCOPE,
    Arms,
    Beats,
    Check,
    Claim,
    Rig,
    Run,
    Scale,
    Source,
    Verdict,
    control,
    mutant,
    rig,
    torch,
    training,
)

DENSITY, LEAST, BATCH = "1/4", 0.02, 30


def hidden(r: Rig, tensors: training.Tensors, part: str) -> torch.Tensor:
    """Outputs of the first layer (S, examples, 100)."""
    with torch.no_grad():
        return training.dense(tensors, "0", r.task.inputs[r.task.part(part)]).relu()


def mask_gradients(r: Rig, tensors: training.Tensors) -> torch.Tensor:
    """Gradients by the masks of the first layer's neurons on held-out batches: (S, batches, 100).

    Held-out: on the training part the loss, and with it the gradient, is almost 0.
    """
    numbers = r.task.part("validation")
    batch = training.Batch(numbers, r.task.inputs[numbers], r.task.answers(numbers))
    masks = torch.ones(len(r.draws), numbers.shape[1], r.model.shapes["0.weight"][0])
    masks.requires_grad_()
    logits = tail(tensors, hidden(r, tensors, "validation") * masks)
    (gradient,) = torch.autograd.grad(training.cross_entropy(logits, batch).sum(), masks)
    count = numbers.shape[1] // BATCH
    # The loss is a mean over all examples: times `count`, a mean over a batch.
    return gradient.reshape(len(r.draws), count, BATCH, -1).sum(2) * count


def tail(tensors: training.Tensors, values: torch.Tensor) -> torch.Tensor:
    """The network from the first hidden layer on."""
    return training.dense(tensors, "2", training.dense(tensors, "1", values).relu())


def scaled(tensors: training.Tensors, scales: torch.Tensor) -> training.Tensors:
    """The network with the first layer's neurons times (S, 100)."""
    return {**tensors, "1.weight": tensors["1.weight"] * scales[:, None, :]}


def kept_neurons(gradients: torch.Tensor, density: str) -> torch.Tensor:
    """Masks (S, 100) by the Fisher diagonal, rearranged."""
    rows = []
    for grads in gradients.double().numpy():
        kept = torch.zeros(grads.shape[1], dtype=torch.bool)
        order = torch.from_numpy(-fisher(grads)).argsort(stable=True)
        kept[order[: training.count_of(density, grads.shape[1])]] = True
        rows.append(torch.from_numpy(rearranged(kept.numpy(), grads)))
    return torch.stack(rows)


def tuned_scales(
    r: Rig, tensors: training.Tensors, masks: torch.Tensor, teacher: torch.Tensor
) -> torch.Tensor:
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
def compared(
    seed: int, size: Scale, copy: int = 0, density: str = DENSITY
) -> tuple[Rig, dict[str, training.Tensors]]:
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


NETWORKS = Arms(
    Run,
    {
        "dense": lambda run: compared(*run)[1]["dense"],
        "pruned": lambda run: compared(*run)[1]["pruned"],
        "tuned": lambda run: compared(*run)[1]["tuned"],
        "other tuned": lambda run: compared(*run, 1)[1]["tuned"],
        # Planted error: fitted to the pruned layer's output, not to the dense one's.
        "own teacher": lambda run: compared(*run)[1]["own teacher"],
    },
    read=lambda run, tensors: compared(*run)[0].accuracy(tensors),
    what=f"accuracy with neurons at density {DENSITY}, {{first}} over {{second}}",
)


ENTRIES = (
    Claim(
        id="kwon2022-tuning",
        title="Tuning the masks gains accuracy without training",
        family="with certificates",
        source=Source(PAPER, "mask tuning", "arXiv 2204.09656, abstract and code", "code"),
        statement="After pruning by Fisher information and rearrangement, least-squares scales of "
        "the kept units raise test accuracy.",
        paper_scope="BERT and DistilBERT on GLUE and SQuAD, less than one per cent lost at half "
        "the operations",
        test_scope=f"{SCOPE}; neurons of the first layer at density 1/4, gradients on held-out "
        "images, scales on training images; at least two points",
        not_claimed=("a gain at other densities: none is seen at 1/10 and 1/20",),
        checks=(
            Check(
                "accuracy",
                "two points above untuned",
                Beats(NETWORKS, "tuned", "pruned", by=LEAST, beside=("dense",)),
            ),
            control(
                "other weights and order",
                Beats(NETWORKS, "tuned", "other tuned", what="tuned over tuned"),
            ),
            mutant(
                "own teacher",
                "fitted to the pruned layer's own output",
                Beats(NETWORKS, "own teacher", "pruned", by=LEAST, beside=("dense",)),
                Verdict.INCONCLUSIVE,
            ),
        ),
    ),
)
