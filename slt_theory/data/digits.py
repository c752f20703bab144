"""The 8 by 8 digits of scikit-learn, with a fixed split."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from slt_theory.data.labelled import Labelled
from slt_theory.errors import UnreadableFile
from slt_theory.extras import optional

__all__ = ["digits", "held_out"]

#: floor(2^32 / golden ratio): its multiples modulo 2^32 fall evenly, whatever the count.
GOLDEN = 2654435769

#: Of the pixels and labels as bytes, in scikit-learn's order.
SHA256 = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"


def held_out(count: int) -> NDArray[np.bool_]:
    """Mask of the examples never trained on: a quarter of `count`, by a rule on the index alone.

    Example i is held out if i * 2654435769 mod 2^32 < 2^30. The remainders are evenly spread, so
    every stretch of the data, and every class of the digits, gives about a quarter.

    Examples
    --------
    >>> held_out(12).nonzero()[0]
    array([ 0,  2,  5, 10])
    """
    index = np.arange(count, dtype=np.uint64)
    return (index * np.uint64(GOLDEN)) % np.uint64(2**32) < np.uint64(2**30)


def digits() -> tuple[Labelled, Labelled]:
    """Training and held-out digits: 1346 and 451 images of 64 numbers in {0, 1/16, ..., 1}.

    Raises
    ------
    MissingExtra
        scikit-learn, which brings the images, is not installed.
    UnreadableFile
        Its images are not the ones that the recorded accuracies refer to.
    """
    datasets = optional("sklearn.datasets", "data", "the digits data set")
    pixels, labels = datasets.load_digits(return_X_y=True)
    content = pixels.astype(np.uint8).tobytes() + labels.astype(np.uint8).tobytes()
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise UnreadableFile(
            "digits", found, f"must have SHA-256 {SHA256}", "reinstall scikit-learn"
        )
    inputs = np.asarray(pixels, dtype=np.float64) / 16
    classes = np.asarray(labels, dtype=np.int64)
    out = held_out(len(classes))
    return Labelled(inputs[~out], classes[~out]), Labelled(inputs[out], classes[out])
