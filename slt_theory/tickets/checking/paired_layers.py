"""Two ReLU networks of the same layers as dense matrices: the target and the difference.

With a, a' the values before a layer, of the target and of the other network, and e = a' - a:

    z = W a + b,    d = z' - z = V e + D a + f,    D = V - W,  f = b' - b.

D is known by itself, so nothing of the size of W cancels. In a first layer e = 0; one whose slopes
differ for inputs x >= 0 and x <= 0 is a layer of twice the inputs, max(x, 0) and min(x, 0).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network, Operator
from slt_theory.networks.steps import Activate, Flatten, Weigh
from slt_theory.tickets.checking.error_bound import Gap
from slt_theory.tickets.checking.unrolled import SourceMap

__all__ = ["PairedLayer", "paired_layers", "with_signs", "work_of"]

Floats = NDArray[np.float64]
_MOST_ENTRIES = 1 << 21
_MOST_WORK = 2e10
"""Multiplications of all forms of one box, six a neuron: as for the forms of a target's value."""


class PairedLayer(NamedTuple):
    """One layer of both networks.

    Attributes
    ----------
    weight, bias : arrays (out, in), (out,)
        W and b of the target.
    other, other_bias : arrays (out, in), (out,)
        V and b'.
    change, shift : arrays (out, in), (out,)
        D and f, each entry right up to `slack`.
    slack : float
    """

    weight: Floats
    bias: Floats
    other: Floats
    other_bias: Floats
    change: Floats
    shift: Floats
    slack: float

    @property
    def of_other(self) -> PairedLayer:
        """The other network in the place of the target; D and f are void."""
        return self._replace(weight=self.other, bias=self.other_bias)


def paired_layers(
    target: Network, maps: list[SourceMap], gaps: list[Gap]
) -> list[PairedLayer] | None:
    """The layers of a chain of weights and ReLUs that is small enough for dense matrices.

    None for other steps, several copies of a channel, slopes known up to more than `Gap.slack`,
    more than 2^21 entries of one matrix, or more than 2e10 multiplications a box.
    """
    if not _is_chain(target) or any(gap.copies != 1 for gap in gaps) or any(m.loose for m in maps):
        return None
    if max(m.positive.shape[0] * m.positive.shape[1] for m in maps) > _MOST_ENTRIES:
        return None
    layers = [_paired(target, k, *each) for k, each in enumerate(zip(maps, gaps, strict=True))]
    return layers if work_of(layers) <= _MOST_WORK else None


def _is_chain(target: Network) -> bool:
    """Tell whether the steps are weights, ReLU, weights, ..., weights: no pool, no sum."""
    steps = [step for step in target.steps if not isinstance(step, Flatten)]
    relus = [isinstance(step, Activate) and step.activation.kind == "relu" for step in steps[1::2]]
    weights = [isinstance(step, Weigh) for step in steps[::2]]
    return len(steps) % 2 == 1 and all(relus) and all(weights)


def work_of(layers: list[PairedLayer]) -> float:
    """Multiplications of the forms of z, z' and d of every neuron, of both signs, on one box."""
    back = np.cumsum([layer.weight.size for layer in layers], dtype=np.float64)
    return float(sum(6 * len(layer.bias) * part for layer, part in zip(layers, back, strict=True)))


def _paired(target: Network, number: int, source: SourceMap, gap: Gap) -> PairedLayer:
    operator, bias = _dense(target.operator(number)), target.biases[number]
    slopes, errors = [source.positive], [gap.positive]
    # Behind a ReLU no input is negative.
    if number == 0 and (source.two_sided or gap.negative is not gap.positive):
        slopes, errors = [*slopes, source.negative], [*errors, gap.negative]
    return PairedLayer(
        np.hstack([operator] * len(slopes)),
        np.zeros(len(operator)) if bias is None else target.spread(number, bias),
        np.hstack([_dense(side) for side in slopes]),
        target.spread(number, source.bias),
        np.hstack([_dense(side) for side in errors]),
        target.spread(number, gap.constant),
        gap.slack,
    )


def _dense(operator: Operator) -> Floats:
    """The whole matrix (values out, values in)."""
    if operator.unrolling.one_site:
        return operator.matrix
    return np.ascontiguousarray(operator.tocsr().toarray())


def with_signs(layers: list[PairedLayer], lo: Floats, hi: Floats) -> tuple[Floats, Floats]:
    """Boxes (boxes, inputs) as the first layer takes them, by sign where that has two halves."""
    if layers[0].weight.shape[1] == lo.shape[1]:
        return lo, hi
    low, high = (np.hstack([np.maximum(end, 0), np.minimum(end, 0)]) for end in (lo, hi))
    return low, high
