"""The trained targets in the package; `tools/train_targets.py` made them."""

from __future__ import annotations

from pathlib import Path

from slt_theory.errors import BadInput
from slt_theory.networks import Network, load_target

__all__ = ["SHIPPED", "shipped_path", "shipped_target"]

#: Both classify the digits: an MLP 64-64-10, and two 3x3 convolutions with 2x2 max-pools before
#: a linear layer, all with biases, all numbers multiples of 2^-24 within [-1, 1].
SHIPPED = ("digits_mlp", "digits_cnn")


def shipped_path(name: str) -> Path:
    """Path of a shipped target's `.npz`."""
    if name not in SHIPPED:
        raise BadInput("name", name, "is no shipped target", f"one of {', '.join(SHIPPED)}")
    return Path(__file__).with_name(f"{name}.npz")


def shipped_target(name: str) -> Network:
    """A shipped target as a network.

    Examples
    --------
    >>> shipped_target("digits_mlp")
    Dense(64-64-10, 4810 parameters)
    """
    return load_target(shipped_path(name))
