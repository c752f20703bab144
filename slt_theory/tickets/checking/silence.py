"""Copies of a neuron that are switched off: 0 for every input, whatever is linked to them.

A row whose slopes are all <= 0 for inputs >= 0 (and >= 0 for inputs <= 0, where there are any) is
never positive, so a ReLU makes it 0. Slopes that are known up to some units have to be that far
off 0. A ticket with locked weights uses this: a link that cannot be
removed is harmless if nothing comes through it. The next layer then has to do without the copy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Network
from slt_theory.networks.activations import RELU
from slt_theory.networks.steps import Activate, Weigh
from slt_theory.tickets.block import Block
from slt_theory.tickets.checking.effective import Effective

__all__ = ["consumer", "silent_copies"]

Bools = NDArray[np.bool_]


def consumer(target: Network, layer: int) -> int | None:
    """The layer that takes the outputs of `layer` through a ReLU, if nothing else uses them."""
    steps = target.steps
    value = next(n + 1 for n, s in enumerate(steps) if isinstance(s, Weigh) and s.layer == layer)
    for kind in (Activate, Weigh):
        users = [n for n, s in enumerate(steps) if value in (s.of, getattr(s, "skip", None))]
        if len(users) != 1 or not isinstance(steps[users[0]], kind):
            return None
        step = steps[users[0]]
        if isinstance(step, Activate) and step.activation != RELU:
            return None
        value = users[0] + 1
    return step.layer if isinstance(step, Weigh) else None


def silent_copies(block: Block, effective: Effective, *, non_negative: bool) -> Bools:
    """Source channels (outputs * copies_out,) that are <= 0 for every input."""
    silent = (effective.positive <= -effective.loose).all(axis=1)
    if not non_negative:
        negative = effective.positive if effective.negative is None else effective.negative
        silent &= (negative >= effective.loose).all(axis=1)
    return np.asarray(silent.reshape(-1, block.taps).all(axis=1))
