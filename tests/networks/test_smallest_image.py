"""The smallest image of a convolutional network has every function of a site, and no other."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from slt_theory.networks import Conv, Geometry
from slt_theory.networks.activations import parse_activation
from slt_theory.networks.graph import Graph
from slt_theory.networks.kinds import Convolution
from slt_theory.networks.smallest_image import placed_in_image, smallest_image
from slt_theory.networks.steps import Activate, Add, Weigh

IDENTITY = parse_activation("identity")


def drawn(seed: int) -> Graph:
    """Two or three linear convolutions of one channel, of any padding and dilation, maybe a sum."""
    rng, nrng = random.Random(seed), np.random.default_rng(seed)
    kinds, weights, steps, value = [], [], [], 0
    for layer in range(rng.choice((2, 3))):
        kernel = rng.randint(1, 3), rng.randint(1, 3)
        spread = rng.randint(1, 2), rng.randint(1, 2)
        same = rng.random() < 0.4
        if same:
            kernel = 3, 1
        pad = tuple(
            d * (k - 1) // 2 if same else rng.randint(0, d * (k - 1) + 1)
            for d, k in zip(spread, kernel, strict=True)
        )
        kinds.append(Convolution((1, 1), pad, spread))
        weights.append(nrng.integers(1, 64, (1, 1, *kernel)).astype(float))
        steps += [Weigh(value, layer), Activate(value + 1, IDENTITY)]
        if same:
            steps.append(Add(value + 2, value))
        value = len(steps)
    biases = tuple(nrng.integers(1, 64, 1).astype(float) for _ in weights)
    names = tuple(f"conv{k}" for k in range(len(weights)))
    sides = rng.randint(14, 17), rng.randint(14, 17)
    return Graph(tuple(weights), biases, names, tuple(kinds), tuple(steps), (1, *sides))


def functions(network: Graph) -> set[tuple]:
    """Every site of the output as a function: constant, and coefficients by offset.

    Weights are positive integers, so nothing is rounded, and what is 0 is not there.
    """
    _, height, width = network.shape_in
    constant = network.run(np.zeros((1, network.size_in)))[-1][0]
    slopes = network.run(np.eye(network.size_in))[-1] - constant
    found = set()
    _, rows, columns = network.shapes_of_values[-1]
    for y, x in itertools.product(range(rows), range(columns)):
        column = slopes[:, y * columns + x].reshape(height, width)
        places = [(int(r) - y, int(c) - x, column[r, c]) for r, c in np.argwhere(column)]
        found.add((float(constant[y * columns + x]), *places))
    return found


@pytest.mark.parametrize("seed", range(24))
def test_both_images_have_the_same_functions(seed):
    network = drawn(seed)
    small = smallest_image(network)
    assert small.size_in < network.size_in
    assert functions(small) == functions(network)


def test_one_row_fewer_loses_a_function():
    network = drawn(3)
    small = smallest_image(network)
    for axis in (1, 2):
        shape = list(small.shape_in)
        shape[axis] -= 1
        less = Graph(*(getattr(small, f) for f in FIELDS), tuple(shape))
        assert functions(less) != functions(network)


FIELDS = ("weights", "biases", "names", "layer_kinds", "path")


def test_two_kernels_of_five_need_nine_pixels():
    rng = np.random.default_rng(1)
    weights = rng.uniform(-1, 1, (2, 1, 5, 5)), rng.uniform(-1, 1, (3, 2, 5, 5))
    small = smallest_image(Conv(weights, input_shape=(1, 28, 11)))
    assert small.shape_in == (1, 9, 9)
    assert smallest_image(Conv(weights, input_shape=(1, 9, 8))).shape_in == (1, 9, 8)


def test_an_image_in_a_corner_shows_what_it_shows_alone():
    network = drawn(5)
    small = smallest_image(network)
    x = np.random.default_rng(2).integers(0, 8, (3, small.size_in)).astype(float)
    alone = small.run(x)[-1]
    placed = placed_in_image(small, network, x, 0.0)
    assert placed.shape == (12, network.size_in)
    whole = network.run(placed)[-1].reshape(4, 3, -1)
    for k, row in enumerate(alone):
        assert set(row.tolist()) <= set(whole[:, k].ravel().tolist())


def test_networks_with_other_steps_keep_their_image():
    rng = np.random.default_rng(1)
    kernel, flat = rng.uniform(-1, 1, (1, 1, 3, 3)), rng.uniform(-1, 1, (2, 400))
    for network in (
        Conv((kernel, flat), input_shape=(1, 20, 20)),
        Conv((kernel,), geometry=(Geometry(stride=2),), input_shape=(1, 20, 20)),
        Conv((kernel,), geometry=(Geometry(pool=2),), input_shape=(1, 20, 20)),
    ):
        assert smallest_image(network) is network
    assert placed_in_image(network, network, np.zeros((2, 400)), 0.0).shape == (2, 400)
