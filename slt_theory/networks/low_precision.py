"""Networks with every weight and bias rounded to a shorter format."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats
from slt_theory.networks.conv import Conv
from slt_theory.networks.dense import Dense
from slt_theory.networks.graph import Graph
from slt_theory.networks.network import Network

__all__ = ["FORMATS", "rounded"]

FORMATS = ("float16", "float32")
Net = TypeVar("Net", bound=Network)


def rounded(network: Net, name: str) -> Net:
    """The network whose weights and biases are the nearest numbers of a format, ties to even.

    Parameters
    ----------
    name : str
        "float16" or "float32". float16 has 11 bits, multiples of 2^-24, and ends at 65504.

    Raises
    ------
    BadInput
        If the format is another, or a weight is beyond its largest number.
    """
    if name not in FORMATS:
        raise BadInput("round", name, "is not known", f"give {' or '.join(FORMATS)}")
    if not isinstance(network, Dense | Conv | Graph):
        raise BadInput("network", network, "has no layers of weights")

    def short(key: str, values: Floats) -> Floats:
        with np.errstate(over="ignore"):
            found = values.astype(name).astype(np.float64)
        if not np.isfinite(found).all():
            most = float(np.abs(values).max())
            raise BadInput(key, most, f"is beyond the largest {name}", "scale the layer down")
        return found

    layers = zip(network.names, network.weights, network.biases, strict=True)
    weights, biases = [], []
    for key, weight, bias in layers:
        weights.append(short(f"{key}.weight", weight))
        biases.append(None if bias is None else short(f"{key}.bias", bias))
    return replace(network, weights=tuple(weights), biases=tuple(biases))
