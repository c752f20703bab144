"""Types of kernel arguments."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Bytes",
    "Cells",
    "Ints",
    "Ints32",
    "Rows",
    "Rows32",
    "Scalar",
    "TruthRows",
    "Truths",
    "Words",
    "Words32",
]

Ints: TypeAlias = NDArray[np.int64]
Rows: TypeAlias = NDArray[np.int64]  # two dimensions
Ints32: TypeAlias = NDArray[np.int32]
Rows32: TypeAlias = NDArray[np.int32]  # two dimensions
Words: TypeAlias = NDArray[np.uint64]
Words32: TypeAlias = NDArray[np.uint32]
Truths: TypeAlias = NDArray[np.bool_]
TruthRows: TypeAlias = NDArray[np.bool_]  # two dimensions
Bytes: TypeAlias = NDArray[np.uint8]
Cells: TypeAlias = NDArray[Any]  # int16 or int32

# A Python int or a numpy integer: compiled code makes no difference, NUMBA_DISABLE_JIT=1 sees both.
Scalar: TypeAlias = Any
