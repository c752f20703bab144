"""Iterative magnitude pruning with reset: its counts, and where its controls start.

The loop itself is `slt_theory.torch.train.rounds`: train, keep the largest weights of each layer
among those kept before, put them back to where they started.

Source: Frankle and Carbin, "The lottery ticket hypothesis: finding sparse, trainable neural
networks" (ICLR 2019, arXiv 1803.03635). The later released code (open_lth) prunes over all layers
together, leaves the output layer whole, and its threshold removes one weight more than it counts.
"""

from __future__ import annotations

from fractions import Fraction

from slt_theory.torch.train import (
    Draws,
    Model,
    Shapes,
    Tensors,
    count_of,
    initial,
    shuffled_kept,
    sign_kept,
    sizes,
)

__all__ = ["controls", "keeps"]


def keeps(shapes: Shapes, rate: Fraction, rounds: int) -> list[dict[str, int]]:
    """Weights that each layer keeps after each round.

    Parameters
    ----------
    shapes : mapping of name to shape
    rate : Fraction
        Share of a layer's kept weights that a round removes; of the output layer, half of it.
    rounds : int

    Examples
    --------
    >>> keeps({"0.weight": (10, 10), "1.weight": (2, 10)}, Fraction(1, 5), 2)
    [{'0.weight': 80, '1.weight': 18}, {'0.weight': 64, '1.weight': 16}]
    """
    full = sizes(shapes)
    *_, output = full
    left = {name: 1 - rate / (2 if name == output else 1) for name in full}
    return [
        {name: count_of(left[name] ** k, size) for name, size in full.items()}
        for k in range(1, rounds + 1)
    ]


def controls(
    model: Model, start: Tensors, masks: Tensors, *, draws: Draws, law: str = "glorot-normal"
) -> dict[str, Tensors]:
    """Other weights for the same masks, all from one fresh draw where they need one.

    fresh: drawn by the dense network's law, the re-initialisation of the paper. scaled: the same
    numbers with the variance of a network of the mask's density. signs: their magnitudes under the
    signs of `start`. shuffled: the kept weights of `start` in random order within each layer.
    """
    fresh = initial(model, draws, law=law, copy=1)
    shares = {name: float(mask[0].double().mean()) for name, mask in masks.items()}
    return {
        "fresh": fresh,
        "scaled": initial(model, draws, law=law, copy=1, density=shares),
        "signs": sign_kept(start, fresh),
        "shuffled": shuffled_kept(start, masks, draws, copy=1),
    }
