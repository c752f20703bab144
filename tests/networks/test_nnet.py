"""The `.nnet` format: normalisation, real files, damage."""

from __future__ import annotations

import os
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.networks.nnet import read_nnet
from slt_theory.networks.rounding import random_inputs, rounding_errors
from slt_theory.networks.tape import Tape

# A folder of networks from public benchmarks, named by whoever has them.
DATA = Path(os.environ.get("SLT_NETWORKS", "networks-of-others"))
TEXT = """// two inputs, one hidden layer of two neurons, one output
2,2,1,2,
2,2,1,
0,
0.0,-1.0,
4.0,1.0,
2.0,0.5,10.0,
4.0,2.0,8.0,
1.0,-0.5,
0.25,2.0,
0.5,
-0.125,
1.5,-3.0,
0.75,
"""


def exact(x):
    """The file above in rational arithmetic."""
    z = [(Fraction(x[0]) - 2) / 4, (Fraction(x[1]) - Fraction(1, 2)) / 2]
    h = [z[0] - z[1] / 2 + Fraction(1, 2), z[0] / 4 + 2 * z[1] - Fraction(1, 8)]
    h = [max(v, Fraction(0)) for v in h]
    return (Fraction(3, 2) * h[0] - 3 * h[1] + Fraction(3, 4)) * 8 + 10


def test_inputs_and_outputs_are_in_their_own_units(tmp_path):
    path = tmp_path / "small.nnet"
    path.write_text(TEXT)
    reading = read_nnet(path)
    x = np.random.default_rng(0).integers(-256, 257, size=(50, 2)) / 64
    for row, y in zip(x, reading.network.forward(x)[:, 0], strict=True):
        # Every scale here is a power of two: nothing rounds.
        assert Fraction(y) == exact(row.tolist())


def test_ranges_of_inputs_that_are_gone_are_left_out(tmp_path):
    path = tmp_path / "small.nnet"
    path.write_text(TEXT)
    old = read_nnet(path).network
    text = TEXT.replace("0.0,-1.0,", "0.0,-1.0,-3.0,").replace("4.0,1.0,", "4.0,1.0,3.0,")
    text = text.replace("2.0,0.5,10.0,", "2.0,0.5,35.0,10.0,")
    path.write_text(text.replace("4.0,2.0,8.0,", "4.0,2.0,100.0,8.0,"))
    x = np.random.default_rng(1).normal(size=(9, 2))
    assert np.array_equal(read_nnet(path).network.forward(x), old.forward(x))


@pytest.mark.parametrize("name", ["acasxu_1_1", "acasxu_3_3"])
def test_real_files_are_read(name):
    path = DATA / f"{name}.nnet"
    if not path.exists():
        pytest.skip("needs the file of a public benchmark")
    reading = read_nnet(path)
    assert reading.network.parameters == 13_305
    assert reading.agreement.difference < 1e-8


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("0.75,\n", "", "ends before its biases of layer 2"),
        ("1.0,-0.5,", "1.0,zero,", "line 9.*must be 2 numbers: its weights of layer 1"),
        ("1.0,-0.5,", "1.0,nan,", "line 9"),
        ("4.0,2.0,8.0,", "4.0,0.0,8.0,", "must be positive"),
        ("2,2,1,\n", "2,2,3,\n", "must lead from 2 inputs to 1 outputs"),
        ("2,2,1,2,", "2.5,2,1,2,", "must have integers"),
    ],
)
def test_damage_is_named(tmp_path, old, new, says):
    path = tmp_path / "bad.nnet"
    assert old in TEXT
    path.write_text(TEXT.replace(old, new, 1))
    with pytest.raises((UnreadableFile, BadInput), match=says):
        read_nnet(path)


def deep(path, layers=24, width=8):
    """Write a file of `layers` layers with large weights; its normalisation is odd on purpose."""
    rng = np.random.default_rng(0)
    sizes = [3, *[width] * (layers - 1), 2]
    rows = [f"{layers},3,2,{width},", ",".join(map(str, sizes)), "0,", "-1,-1,-1,", "1,1,1,"]
    rows += ["0.1,0.2,0.3,0.7,", "1.5,0.3,3.0,7.0,"]
    for size_in, size_out in pairwise(sizes):
        weight, bias = rng.normal(size=(size_out, size_in)) * 30, rng.normal(size=size_out)
        rows += [",".join(map(repr, row.tolist())) for row in weight]
        rows += [repr(float(value)) for value in bias]
    path.write_text("\n".join(rows) + "\n")
    return path


def leaky(tape, x, name):
    return RIGHT["activate"](tape, x, "leaky_relu(0.0001)")


def shifted(tape, x, scale, shift, name):
    return RIGHT["affine"](tape, x, scale, np.asarray(shift) * (1 + 1e-9), name)


RIGHT = {name: getattr(Tape, name) for name in ("activate", "affine")}


def test_every_line_of_a_deep_file_is_held_on_its_own(tmp_path):
    reading = read_nnet(deep(tmp_path / "deep.nnet"))
    x = random_inputs(3, 4)
    errors = rounding_errors(reading.unfolded, x, 2.0**-53)
    assert (errors > np.abs(reading.network.forward(x))).any()


@pytest.mark.parametrize(("name", "wrong"), [("activate", leaky), ("affine", shifted)])
def test_a_small_misreading_of_a_deep_file_is_refused(tmp_path, monkeypatch, name, wrong):
    path = deep(tmp_path / "deep.nnet")
    monkeypatch.setattr(Tape, name, wrong)
    with pytest.raises(BadInput, match=r"from the file after .* rounding does not explain"):
        read_nnet(path)
