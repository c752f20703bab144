"""Small tables of scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.data.labelled import Labelled
from slt_theory.errors import BadInput
from slt_theory.extras import optional

__all__ = ["TABLES", "diabetes", "table"]

#: Classified tables: breast_cancer (569 examples of 30 numbers, 2 classes), wine (178, 13, 3).
TABLES = ("breast_cancer", "wine")


def table(name: str) -> Labelled:
    """A classified table, each column moved and scaled to [0, 1] by its own range.

    Both are almost linearly separable: good for checks of theorems, too easy for claims about
    accuracy.

    Raises
    ------
    MissingExtra
        scikit-learn, which brings the tables, is not installed.
    """
    if name not in TABLES:
        raise BadInput("name", name, "is no table", f"known: {', '.join(TABLES)}")
    values, labels = _loaded(name)
    return Labelled(_to_unit(values), np.asarray(labels, dtype=np.int64))


def diabetes() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """442 patients: ten columns in [0, 1], and a measure of progression between 25 and 346."""
    values, progression = _loaded("diabetes")
    return _to_unit(values), np.asarray(progression, dtype=np.float64)


def _loaded(name: str) -> Any:
    datasets = optional("sklearn.datasets", "data", f"the table {name}")
    return getattr(datasets, f"load_{name}")(return_X_y=True)


def _to_unit(values: Any) -> NDArray[np.float64]:
    numbers = np.asarray(values, dtype=np.float64)
    low, high = numbers.min(axis=0), numbers.max(axis=0)
    return np.asarray((numbers - low) / (high - low))
