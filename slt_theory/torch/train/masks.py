"""Masks with exact counts: one boolean tensor (S, *shape) a maskable tensor.

A count is either a mapping of layer to kept weights (chosen within each layer) or one integer
(chosen over all layers together), the same for every network of the stack.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from slt_theory.errors import BadInput
from slt_theory.torch.train.model import Shapes, Tensors, maskable
from slt_theory.torch.train.replicates import Draws, Use

__all__ = [
    "Keep",
    "applied",
    "check_masks",
    "density",
    "hamming",
    "kept",
    "nested",
    "ones",
    "overlap",
    "random_masks",
    "shuffled",
    "top",
    "top_rows",
]

Keep = int | Mapping[str, int]


def top_rows(values: Tensor, keep: int) -> Tensor:
    """Exactly the `keep` largest of each row (S, N); of equals, those with the lower index.

    Raises
    ------
    BadInput
        If `keep` is not in 0..N, or a value is no number.
    """
    size = values.shape[1]
    if not 0 <= keep <= size:
        raise BadInput("keep", keep, f"must lie in 0..{size}")
    if keep == 0 or keep == size:
        return torch.full_like(values, keep == size, dtype=torch.bool)
    if values.isnan().any():
        raise BadInput("scores", "nan", "must be numbers", "lower the learning rate")
    last = values.kthvalue(size - keep + 1, dim=1, keepdim=True).values
    above, equal = values > last, values == last
    room = keep - above.sum(1, keepdim=True)
    if torch.equal(equal.sum(1, keepdim=True), room):
        return above | equal
    return above | (equal & (equal.cumsum(1) <= room))


def top(scores: Tensors, keep: Keep) -> Tensors:
    """The weights of largest score, exactly as many as `keep` says in every network.

    Parameters
    ----------
    scores : dict of Tensor (S, *shape)
        Infinities are allowed: a weight that must stay, or must not.
    keep : mapping or int
        Counts within each layer, or one over all layers. About 10 ns a weight.
    """
    if isinstance(keep, int):
        flat = torch.cat([score.flatten(1) for score in scores.values()], dim=1)
        lengths = [score[0].numel() for score in scores.values()]
        rows = torch.split(top_rows(flat, keep), lengths, dim=1)
        return {
            name: row.reshape(scores[name].shape) for name, row in zip(scores, rows, strict=True)
        }
    return {
        name: top_rows(score.flatten(1), keep[name]).reshape(score.shape)
        for name, score in scores.items()
    }


def ones(shapes: Shapes, stack: int) -> Tensors:
    """Masks that keep everything."""
    return {
        name: torch.ones(stack, *shape, dtype=torch.bool)
        for name, shape in maskable(shapes).items()
    }


def random_masks(shapes: Shapes, draws: Draws, keep: Keep, *, copy: int = 0) -> Tensors:
    """Uniformly random masks of exactly these counts; another `copy`, independent masks."""
    layers = maskable(shapes)
    keys = {
        name: torch.from_numpy(
            draws.words(Use.MASKS, copy * len(layers) + k, _numel(shape)).astype("int64")
        ).reshape(len(draws), *shape)
        for k, (name, shape) in enumerate(layers.items())
    }
    return top(keys, keep)


def shuffled(masks: Tensors, draws: Draws, *, copy: int = 0) -> Tensors:
    """Masks of the same counts in every layer and network, placed at random: a control."""
    found = {}
    for k, (name, mask) in enumerate(masks.items()):
        flat = mask.flatten(1)
        order = draws.order(flat.shape[1], Use.AGAIN, copy * len(masks) + k)
        found[name] = flat.gather(1, order).reshape(mask.shape)
    return found


def applied(tensors: Tensors, masks: Tensors) -> Tensors:
    """Weights times their masks; tensors without a mask pass."""
    return {
        name: value * masks[name] if name in masks else value for name, value in tensors.items()
    }


def kept(masks: Tensors) -> Tensor:
    """Weights that each network keeps: int64 (S,)."""
    return torch.stack([mask.flatten(1).sum(1) for mask in masks.values()]).sum(0)


def density(masks: Tensors) -> Tensor:
    """Kept weights / all weights of each network: float64 (S,)."""
    return kept(masks).double() / sum(mask[0].numel() for mask in masks.values())


def hamming(first: Tensors, second: Tensors) -> Tensor:
    """In how many weights two masks differ: int64 (S,)."""
    return kept({name: first[name] ^ second[name] for name in first})


def overlap(first: Tensors, second: Tensors) -> Tensor:
    """Weights that both keep / weights that either keeps: float64 (S,)."""
    both = kept({name: first[name] & second[name] for name in first})
    either = kept({name: first[name] | second[name] for name in first})
    return both.double() / either


def nested(inner: Tensors, outer: Tensors) -> Tensor:
    """True where `outer` keeps all that `inner` keeps: bool (S,)."""
    return kept({name: inner[name] & ~outer[name] for name in inner}) == 0


def check_masks(masks: Tensors, shapes: Shapes, keep: Keep) -> Tensors:
    """The masks, if they are boolean, of these shapes, and keep exactly what they should.

    Raises
    ------
    BadInput
        Otherwise.
    """
    for name, shape in maskable(shapes).items():
        mask = masks.get(name)
        if mask is None or mask.dtype != torch.bool or tuple(mask.shape[1:]) != tuple(shape):
            raise BadInput("masks", name, f"must be boolean of shape (S, {shape})")
        if not isinstance(keep, int) and not (mask.flatten(1).sum(1) == keep[name]).all():
            raise BadInput("masks", name, f"must keep {keep[name]} weights")
    if isinstance(keep, int) and not (kept(masks) == keep).all():
        raise BadInput("masks", kept(masks).tolist(), f"must keep {keep} weights")
    return masks


def _numel(shape: tuple[int, ...]) -> int:
    return int(torch.Size(shape).numel())
