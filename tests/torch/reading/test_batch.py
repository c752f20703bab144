"""Axis 0 is the batch: outputs without another axis, and modules that mix or count inputs."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

import slt_theory as slt  # noqa: E402
from slt_theory.errors import BadInput  # noqa: E402


class After(nn.Module):
    """A linear layer 6 -> `width`, and a function of its output."""

    def __init__(self, function, width=3):
        super().__init__()
        self.layer, self.function = nn.Linear(6, width), function

    def forward(self, x):
        return self.function(self.layer(x))


ONE_NUMBER = {
    "squeezed": (1, lambda y: y.squeeze(-1)),
    "selected": (3, lambda y: y[:, 0]),
    "mean": (3, lambda y: y.mean(1)),
    "flattened": (1, lambda y: y.flatten()),
    "activated": (1, lambda y: (2 * y.squeeze(-1)).tanh() + 1),
    "stacked": (3, lambda y: torch.stack([y.mean(1), y[:, 0]], -1)),
    "dictionary": (3, lambda y: {"logits": y}),
    "none first": (3, lambda y: (None, y)),
}


@pytest.mark.parametrize("name", ONE_NUMBER)
def test_outputs_of_one_number_and_in_containers_are_read(name):
    width, function = ONE_NUMBER[name]
    module = After(function, width).double()
    network = slt.from_module(module, torch.zeros(1, 6))
    x = torch.randn(9, 6, dtype=torch.float64)
    with torch.no_grad():
        theirs = module(x)
    while not isinstance(theirs, torch.Tensor):
        theirs = theirs["logits"] if isinstance(theirs, dict) else theirs[1]
    ours = network.forward(x.numpy()).reshape(9, -1)
    # Sums of at most 8 products of numbers below 64: 2^-40 is far above their rounding.
    assert np.abs(ours - theirs.reshape(9, -1).numpy()).max() < 2.0**-40


MIXED = {
    "mean over all": (lambda y: y.mean(), "batch"),
    "minus the mean over all": (lambda y: y - y.mean(), "batch"),
    "mean over no axes": (lambda y: y.mean(dim=[]), "batch"),
    "sum over no axes": (lambda y: y.sum(dim=[]), "batch"),
    "first three inputs": (lambda y: y[:3], "axis 0 of its output must be the batch"),
    "a fixed batch": (lambda y: y.view(3, -1), "axis 0 of its output must be the batch"),
    "one row a number": (lambda y: y.reshape(-1, 1), "not the batch"),
    "times the batch": (lambda y: y * y.shape[0], "depend on how many inputs"),
    "float32": (lambda y: y.float().double(), "rounds values to torch.float32"),
    "integers": (lambda y: y.long().double(), "rounds values to torch.int64"),
    "a constant in float32": (lambda y: y @ torch.eye(3), "does not run in float64"),
}


@pytest.mark.parametrize("name", MIXED)
def test_what_mixes_inputs_or_rounds_is_refused_by_name(name):
    function, reason = MIXED[name]
    with pytest.raises(BadInput, match=reason):
        slt.from_module(After(function), torch.zeros(1, 6))
