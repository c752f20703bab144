"""Inputs with their labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput

__all__ = ["Labelled"]


@dataclass(frozen=True, eq=False, repr=False)
class Labelled:
    """A classified sample.

    Attributes
    ----------
    inputs : float64 array (n, d)
        Each input in the box [0, 1]^d.
    labels : int64 array (n,)
    """

    inputs: NDArray[np.float64]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def correct(self, outputs: NDArray[Any]) -> int:
        """Count the rows of a network's outputs (n, classes) that are largest at the label.

        A tie counts as wrong: the network has not decided.
        """
        values = np.asarray(outputs, dtype=np.float64)
        classes = int(self.labels.max()) + 1
        if values.ndim != 2 or len(values) != len(self) or values.shape[1] < classes:
            raise BadInput(
                "outputs", values.shape, f"must have shape ({len(self)}, {classes} or more)"
            )
        if not np.isfinite(values).all():
            raise BadInput("outputs", values.shape, "must be finite")
        chosen = values[np.arange(len(self)), self.labels]
        as_large = (values >= chosen[:, None]).sum(axis=1)
        return int((as_large == 1).sum())

    def __repr__(self) -> str:
        return f"Labelled({len(self)} inputs of {self.inputs.shape[1]} numbers)"
