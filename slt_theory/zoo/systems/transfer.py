"""Tickets of one task trained on another.

Source: Morcos, Yu, Paganini, Tian, "One ticket to win them all: generalizing lottery ticket
initializations across datasets and optimizers" (NeurIPS 2019, arXiv 1906.02773): one threshold
over all layers, late resetting, and a new output layer.
"""

from __future__ import annotations

import numpy as np

from slt_theory.data import Labelled
from slt_theory.torch.train import Tensors

__all__ = ["classes", "new_output"]


def classes(sample: Labelled, first: int, last: int) -> Labelled:
    """The examples of classes `first` .. `last`, numbered from 0."""
    chosen = (sample.labels >= first) & (sample.labels <= last)
    return Labelled(sample.inputs[chosen], np.asarray(sample.labels[chosen] - first))


def new_output(tensors: Tensors, fresh: Tensors) -> Tensors:
    """The network with the output layer of another: its last weight and bias."""
    output = list(tensors)[-1].partition(".")[0]
    return {
        name: (fresh if name.partition(".")[0] == output else tensors)[name] for name in tensors
    }
