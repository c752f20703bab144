"""Convolutional networks against nested loops and torch."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.networks import Architecture, Conv, Geometry, read_architecture

CASES = [
    (Geometry(), (3, 3), (7, 6)),
    (Geometry(pool=2), (3, 3), (8, 8)),
    (Geometry(stride=2, padding=0), (3, 2), (8, 7)),
    (Geometry(stride=2, padding=1, pool=2), (4, 4), (11, 12)),
    (Geometry(padding=3), (1, 5), (4, 5)),
    (Geometry(padding="same", pool=3), (5, 1), (7, 7)),
]


def integer_conv(case: tuple[Geometry, tuple[int, int], tuple[int, int]], *, seed: int) -> Conv:
    """Two layers with small integers, so that float64 is exact."""
    geometry, kernel, image = case
    rng = np.random.default_rng(seed)
    first = rng.integers(-4, 5, (3, 2, *kernel))
    probe = Conv((first,), geometry=(geometry,))
    flat = int(np.prod(probe.shapes((2, *image))[1]))
    return Conv(
        (first, rng.integers(-4, 5, (5, flat))),
        (rng.integers(-4, 5, 3), None),
        geometry=(geometry,),
        input_shape=(2, *image),
    )


def by_loops(network: Conv, x: np.ndarray) -> np.ndarray:
    """One convolution, ReLU, max-pool, one linear layer; one number at a time."""
    weight, matrix = network.weights
    step, (top, left) = network.geometry[0], network.padding(0)
    _, height, width = x.shape[1:]
    _, rows, columns = network.shapes(x.shape[1:])[1]
    pixels = range(weight.shape[1]), range(weight.shape[2]), range(weight.shape[3])
    flat = []
    for image in x:
        for o, i, j in itertools.product(range(len(weight)), range(rows), range(columns)):
            best = 0.0
            for a, b in itertools.product(range(step.pool), repeat=2):
                total = network.biases[0][o]
                for c, u, v in itertools.product(*pixels):
                    row = (i * step.pool + a) * step.stride + u - top
                    column = (j * step.pool + b) * step.stride + v - left
                    if 0 <= row < height and 0 <= column < width:
                        total += weight[o, c, u, v] * image[c, row, column]
                best = max(best, total)
            flat.append(best)
    return np.reshape(flat, (len(x), -1)) @ matrix.T


@pytest.mark.parametrize("case", CASES)
def test_forward_equals_loops(case: tuple[Geometry, tuple[int, int], tuple[int, int]]) -> None:
    network = integer_conv(case, seed=5)
    x = np.random.default_rng(6).integers(-3, 4, (2, *network.input_shape)).astype(float)
    assert network.forward(x).tolist() == by_loops(network, x).tolist()
    assert network.forward(x.reshape(2, -1)).tolist() == network.forward(x).tolist()


@pytest.mark.parametrize("case", CASES)
def test_forward_equals_torch(case: tuple[Geometry, tuple[int, int], tuple[int, int]]) -> None:
    torch = pytest.importorskip("torch")
    network = integer_conv(case, seed=7)
    x = np.random.default_rng(8).integers(-3, 4, (2, *network.input_shape)).astype(float)
    weights = [torch.from_numpy(w.copy()) for w in network.weights]
    step = network.geometry[0]
    y = torch.nn.functional.conv2d(
        torch.from_numpy(x),
        weights[0],
        torch.from_numpy(network.biases[0].copy()),
        stride=step.stride,
        padding=network.padding(0),
    )
    y = torch.nn.functional.max_pool2d(torch.relu(y), step.pool)
    y = y.flatten(1) @ weights[1].T
    assert network.forward(x).tolist() == y.tolist()


def test_rescaling_is_exact() -> None:
    network = integer_conv(CASES[1], seed=9)
    shrunk = network.rescaled()
    x = np.random.default_rng(1).integers(0, 4, (3, *network.input_shape)).astype(float)
    assert (shrunk.scale * shrunk.network.forward(x)).tolist() == network.forward(x).tolist()
    assert all(norms.row_sum <= 1 for norms in shrunk.network.norms())
    assert shrunk.network.geometry == network.geometry


def test_convolutions_alone_give_images() -> None:
    network = Conv((np.ones((2, 1, 3, 3)),))
    assert network.forward(np.ones((1, 1, 4, 5))).shape == (1, 2, 4, 5)
    assert repr(network) == "Conv(1-2@3x3, 18 parameters)"


KERNEL = np.ones((4, 2, 3, 3))


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ({"weights": [np.ones((2, 2))]}, "weights"),
        ({"weights": [np.ones((2, 2)), KERNEL]}, "fc1.weight"),
        ({"weights": [KERNEL, KERNEL]}, "conv2.weight"),
        ({"weights": [KERNEL, np.ones((3, 6))]}, "fc1.weight"),
        ({"weights": [KERNEL, np.ones((3, 8)), np.ones((3, 4))]}, "fc2.weight"),
        ({"weights": [np.ones((4, 2, 2, 2))]}, "conv1.weight"),
        ({"weights": [KERNEL], "geometry": [Geometry(), Geometry()]}, "geometry"),
        ({"weights": [KERNEL], "input_shape": (2, 8)}, "input_shape"),
        ({"weights": [KERNEL], "input_shape": (2, 8, 0)}, "input_shape"),
        ({"weights": [KERNEL], "input_shape": 8}, "input_shape"),
        ({"weights": [KERNEL], "input_shape": (3, 8, 8)}, "conv1.weight"),
        ({"weights": [KERNEL, np.ones((3, 8))], "input_shape": (2, 8, 8)}, "fc1.weight"),
        ({"weights": [KERNEL], "input_shape": (2, 1, 1), "geometry": [Geometry(padding=0)]},
         "conv1.weight"),
    ],
)  # fmt: skip
def test_bad_networks_name_the_key(arguments: dict[str, object], argument: str) -> None:
    with pytest.raises(BadInput) as caught:
        Conv(**arguments)
    assert caught.value.argument == argument


@pytest.mark.parametrize(
    "x", [np.ones((1, 2, 8)), np.ones((1, 3, 8, 8)), np.full((1, 2, 8, 8), np.nan)]
)
def test_bad_images(x: np.ndarray) -> None:
    with pytest.raises(BadInput):
        Conv((KERNEL,)).forward(x)


@pytest.mark.parametrize(
    ("field", "value"),
    [("stride", 0), ("stride", 1.5), ("pool", True), ("padding", -1), ("padding", "valid")],
)
def test_bad_geometry(field: str, value: object) -> None:
    with pytest.raises(BadInput) as caught:
        Geometry(**{field: value})
    assert caught.value.argument == field


def test_architecture_file(tmp_path: Path) -> None:
    file = tmp_path / "arch.toml"
    file.write_text('input = [1, 8, 8]\n[conv1]\npool = 2\n[body.conv2]\npadding = "same"\n')
    arch = read_architecture(file)
    assert arch.input_shape == (1, 8, 8)
    assert dict(arch.layers) == {"conv1": Geometry(pool=2), "body.conv2": Geometry()}
    assert Architecture().input_shape is None


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[conv1", UnreadableFile),
        ("input = 3", BadInput),
        ("input = [1, 2]", BadInput),
        ("conv1 = 3", BadInput),
        ("[conv1]\nstrides = 2", BadInput),
        ("[conv1]\nstride = 0.5", BadInput),
    ],
)
def test_bad_architecture_files(tmp_path: Path, text: str, error: type[BadInput]) -> None:
    file = tmp_path / "arch.toml"
    file.write_text(text)
    with pytest.raises(error):
        read_architecture(file)
    with pytest.raises(UnreadableFile):
        read_architecture(tmp_path / "missing.toml")
