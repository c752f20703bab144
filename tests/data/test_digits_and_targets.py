"""The digits, their split, and the shipped targets."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from slt_theory.data import SHIPPED, Labelled, digits, held_out, shipped_path, shipped_target
from slt_theory.errors import BadInput, MissingExtra, UnreadableFile
from slt_theory.networks import Conv, Dense, save_npz, target_hash

HASHES = {
    "digits_mlp": "9ccd58ead563652903d32cc95479b2a7a4b54220639cff1878f2f72216c4087f",
    "digits_cnn": "4735a94fdc7ec781c5bb1dbb24badc235631f7eacbe34fd576b4e99400328c52",
}


def test_split_is_the_stated_rule() -> None:
    assert held_out(1797).tolist() == [i * 2654435769 % 2**32 < 2**30 for i in range(1797)]


def test_digits() -> None:
    pytest.importorskip("sklearn")
    training, test = digits()
    assert (len(training), len(test)) == (1346, 451)
    for part in (training, test):
        assert part.inputs.shape == (len(part), 64)
        assert set(np.unique(part.inputs * 16)) <= set(range(17))
        counts = np.bincount(part.labels, minlength=10)
        assert counts.min() * 2 > len(part) / 10


@pytest.mark.parametrize(("name", "correct"), [("digits_mlp", 445), ("digits_cnn", 442)])
def test_recorded_accuracy(name: str, correct: int) -> None:
    pytest.importorskip("sklearn")
    _, test = digits()
    assert test.correct(shipped_target(name).forward(test.inputs)) == correct


def test_shipped_targets_are_the_recorded_ones(tmp_path) -> None:
    assert {name: target_hash(shipped_target(name)) for name in SHIPPED} == HASHES
    for name in SHIPPED:
        save_npz(shipped_target(name), tmp_path / "again.npz")
        assert (tmp_path / "again.npz").read_bytes() == shipped_path(name).read_bytes()


def test_shipped_targets_are_on_the_lattice() -> None:
    mlp, cnn = (shipped_target(name) for name in SHIPPED)
    assert isinstance(mlp, Dense)
    assert mlp.widths == (64, 64, 10)
    assert isinstance(cnn, Conv)
    assert cnn.shapes(cnn.input_shape) == ((1, 8, 8), (6, 4, 4), (12, 2, 2), (10,))
    for network in (mlp, cnn):
        for array in (*network.weights, *network.biases):
            assert np.abs(array).max() <= 1
            assert not np.any(array * 2.0**24 % 1)


def test_correct_counts_ties_as_wrong() -> None:
    two = Labelled(np.zeros((3, 1)), np.array([0, 1, 1]))
    assert two.correct([[1, 0], [1, 1], [0, 2]]) == 2
    for outputs in (np.zeros((3, 1)), np.zeros((2, 2)), np.full((3, 2), np.nan), np.zeros(3)):
        with pytest.raises(BadInput):
            two.correct(outputs)


def test_unknown_target_and_missing_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="digits_mlp"):
        shipped_path("mnist")
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(MissingExtra, match="data"):
        digits()


def test_other_digits_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    pixels, labels = datasets.load_digits(return_X_y=True)
    pixels[5, 5] += 1
    monkeypatch.setattr(datasets, "load_digits", lambda **_: (pixels, labels))
    with pytest.raises(UnreadableFile, match="SHA-256"):
        digits()
