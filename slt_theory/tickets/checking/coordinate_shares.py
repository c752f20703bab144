"""Shares of each coordinate of a box in the bound of a difference, to choose where to cut.

The lines around a ReLU miss it by some amount, which the worst output's form weighs. That part of
the bound is handed to the coordinates as they spread the ReLU's z: by their slopes in a linear form
of z, and by their parts in what earlier lines have missed. Each also has the form's own slope times
its width. On ACAS Xu 3_3 and its float16 rounding (property 1, bound 0.05) cutting the largest
asks for 481 boxes, first-order spreads without signs ask for 551.

Nothing here is a bound: floats are not rounded outwards.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.tickets.checking.batch_forms import Boxes, Missed
from slt_theory.tickets.checking.outward import Range
from slt_theory.tickets.checking.paired_layers import PairedLayer

__all__ = ["shares_of"]

Floats = NDArray[np.float64]


def shares_of(
    layers: list[PairedLayer],
    boxes: Boxes,
    values: list[Range],
    slopes: Floats,
    missed: list[Missed],
) -> Floats:
    """Shares (boxes, inputs) in the bound of one form a box.

    Parameters
    ----------
    values : list of (low, high)
        Ranges of z of every layer.
    slopes : array (boxes, inputs)
        Of the form at the input.
    missed : list of Missed
        From the last layer to the first (`slt_theory.tickets.checking.batch_forms.largest_of`).
    """
    low, high = boxes.ends
    shares = np.abs(slopes) * (high - low)
    for parts, each in zip(_parts(layers, boxes, values), reversed(missed), strict=True):
        whole = 2 * (each.value + each.difference)
        shares += np.einsum("bm,bmi->bi", whole, parts)
    return shares


def _parts(layers: list[PairedLayer], boxes: Boxes, values: list[Range]) -> list[Floats]:
    """Parts (boxes, neurons, inputs), of sum 1, of the inputs in the widths of each layer's z."""
    found = list[Floats]()
    forms: Floats = (boxes.ends[1] - boxes.ends[0])[:, None, :] * layers[0].weight
    rest = np.zeros_like(forms)
    for layer, (low, high) in zip(layers[1:], values[:-1], strict=True):
        parts = np.abs(forms) + rest
        parts /= np.maximum(parts.sum(axis=2, keepdims=True), 2.0**-1000)
        found.append(parts)
        crossing = (low < 0) & (high > 0)
        slope = np.where(low >= 0, 1.0, np.where(crossing, high / (high - low), 0.0))
        missed = np.where(crossing, -slope * low, 0.0)[:, :, None] * parts
        forms = layer.weight @ (slope[:, :, None] * forms)
        rest = np.abs(layer.weight) @ (slope[:, :, None] * rest + missed)
    return found
