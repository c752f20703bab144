"""Names of array types, one for each kind of number."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bools", "Floats", "Ints", "Packed"]

#: Masks and answers.
Bools = NDArray[np.bool_]
#: Real numbers: weights, activations, bounds.
Floats = NDArray[np.float64]
#: Multiples of a lattice unit, or indices.
Ints = NDArray[np.int64]
#: Masks, eight bits a byte as `numpy.packbits` lays them out.
Packed = NDArray[np.uint8]
