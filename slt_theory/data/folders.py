"""Image sets in folders that the user names: MNIST and its relatives, CIFAR-10, CIFAR-100."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

import numpy as np

from slt_theory.data.labelled import Labelled
from slt_theory.data.readers import idx_pair, read_cifar
from slt_theory.errors import UnreadableFile

__all__ = ["read_images"]


def read_images(folder: str | PathLike[str]) -> tuple[Labelled, Labelled]:
    """Training and test images, by the names under which the sets are distributed.

    Parameters
    ----------
    folder : path
        Holds ``train-images*``, ``train-labels*``, ``t10k-images*``, ``t10k-labels*`` (IDX, raw or
        .gz; of a file beside its .gz, as torchvision leaves them, the raw one is read); or
        ``data_batch_*.bin`` and ``test_batch.bin`` (CIFAR-10); or ``train.bin`` and ``test.bin``
        (CIFAR-100).

    Raises
    ------
    UnreadableFile
        None of these, or a file that cannot be read.
    """
    root = Path(folder)
    if any(root.glob("train-images*")):
        train, test = (
            idx_pair(_one(root, f"{part}-images*"), _one(root, f"{part}-labels*"))
            for part in ("train", "t10k")
        )
        return train, test
    batches = sorted(root.glob("data_batch_*.bin"))
    if batches:
        parts = [read_cifar(path) for path in batches]
        inputs = np.concatenate([part.inputs for part in parts])
        labels = np.concatenate([part.labels for part in parts])
        return Labelled(inputs, labels), read_cifar(_one(root, "test_batch.bin"))
    if (root / "train.bin").is_file():
        return (
            read_cifar(root / "train.bin", classes=100),
            read_cifar(_one(root, "test.bin"), classes=100),
        )
    raise UnreadableFile(
        "path",
        str(root),
        "holds no image set",
        "expected train-images* (IDX), data_batch_*.bin or train.bin (CIFAR)",
    )


def _one(root: Path, pattern: str) -> Path:
    every = set(root.glob(pattern))
    found = sorted(p for p in every if p.suffix != ".gz" or p.with_suffix("") not in every)
    if len(found) != 1:
        raise UnreadableFile(
            "path", str(root), f"holds {len(found)} files {pattern}", "exactly one is needed"
        )
    return found[0]
