"""Fully connected networks: values, checks, rescaling."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slt_theory.errors import BadInput
from slt_theory.networks import Dense

widths = st.lists(st.integers(1, 5), min_size=2, max_size=5)


def random_network(sizes: list[int], seed: int, *, bits: int = 6, high: int = 200) -> Dense:
    """Weights and biases that are multiples of 2^-bits."""
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> np.ndarray:
        return rng.integers(-high, high + 1, shape) / 2.0**bits

    pairs = list(zip(sizes[1:], sizes[:-1], strict=True))
    return Dense(
        tuple(draw(out, inside) for out, inside in pairs),
        tuple(None if rng.random() < 0.3 else draw(out) for out, _ in pairs),
    )


def exact_forward(network: Dense, x: list[Fraction]) -> list[Fraction]:
    for k, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        if k:
            x = [max(value, Fraction(0)) for value in x]
        shift = [0.0] * len(weight) if bias is None else bias.tolist()
        x = [
            sum((Fraction(w) * v for w, v in zip(row, x, strict=True)), Fraction(b))
            for row, b in zip(weight.tolist(), shift, strict=True)
        ]
    return x


@settings(max_examples=60, deadline=None)
@given(sizes=widths, seed=st.integers(0, 2**32))
def test_forward_equals_exact_arithmetic(sizes: list[int], seed: int) -> None:
    # Few enough bits that float64 never rounds.
    network = random_network(sizes, seed)
    x = np.random.default_rng(seed).integers(-64, 65, (3, sizes[0])) / 64
    wanted = [[float(v) for v in exact_forward(network, list(map(Fraction, row)))] for row in x]
    assert network.forward(x).tolist() == wanted


@settings(max_examples=60, deadline=None)
@given(sizes=widths, seed=st.integers(0, 2**32))
def test_rescaling_is_exact_and_shrinks(sizes: list[int], seed: int) -> None:
    network = random_network(sizes, seed)
    shrunk = network.rescaled()
    x = np.random.default_rng(seed).integers(-64, 65, (3, sizes[0])) / 64
    assert (shrunk.scale * shrunk.network.forward(x)).tolist() == network.forward(x).tolist()
    assert all(norms.spectral <= 1 for norms in shrunk.network.norms())
    assert all(e >= 0 for e in shrunk.exponents)
    assert shrunk.scale == 2**shrunk.log2_scale == 2 ** sum(shrunk.exponents)
    # The smallest powers: one less would not do.
    for exponent, norms in zip(shrunk.exponents, shrunk.network.norms(), strict=True):
        assert exponent == 0 or norms.spectral > 0.5


def test_network_within_the_norms_stays_as_it_is() -> None:
    network = Dense([np.eye(3), np.full((1, 3), 0.25)], [None, [7.0]])
    shrunk = network.rescaled()
    assert shrunk.exponents == (0, 0)
    assert shrunk.network.biases[1].tolist() == [7.0]


def test_rescaling_refuses_to_lose_digits() -> None:
    network = Dense([[[4.0, 1.0]]], [[5e-324]])
    with pytest.raises(BadInput, match=r"fc1\.bias"):
        network.rescaled()


def test_counts() -> None:
    network = Dense([np.ones((64, 64)), np.ones((10, 64))], [np.ones(64), np.ones(10)])
    assert network.widths == (64, 64, 10)
    assert network.parameters == 64 * 64 + 64 + 640 + 10
    assert network.depth == 2
    assert network.names == ("fc1", "fc2")
    assert repr(network) == "Dense(64-64-10, 4810 parameters)"


def test_arrays_are_copied_and_read_only() -> None:
    mine = np.ones((2, 2))
    network = Dense([mine])
    mine[0, 0] = 5
    assert network.weights[0][0, 0] == 1
    with pytest.raises(ValueError, match="read-only"):
        network.weights[0][0, 0] = 5


@pytest.mark.parametrize(
    ("weights", "biases", "argument"),
    [
        ([], (), "weights"),
        ([np.ones((3, 2)), np.ones((1, 4))], (), "fc2.weight"),
        ([np.ones(3)], (), "fc1.weight"),
        ([np.ones((2, 2, 2))], (), "fc1.weight"),
        ([np.ones((2, 2, 3, 3))], (), "conv1.weight"),
        ([np.ones((0, 3))], (), "fc1.weight"),
        ([[[1.0, np.nan]]], (), "fc1.weight"),
        ([[[1.0, np.inf]]], (), "fc1.weight"),
        ([[[1.0, 2.0], [3.0]]], (), "fc1.weight"),
        ([[["1.0"]]], (), "fc1.weight"),
        ([[[1j]]], (), "fc1.weight"),
        ([[[True]]], (), "fc1.weight"),
        ([[[2**53 + 1]]], (), "fc1.weight"),
        ([[[None]]], (), "fc1.weight"),
        ([np.ones((2, 2))], [np.ones(3)], "fc1.bias"),
        ([np.ones((2, 2))], [np.ones((2, 1))], "fc1.bias"),
        ([np.ones((2, 2))], [[0.0, -np.inf]], "fc1.bias"),
        ([np.ones((2, 2))], [None, None], "biases"),
    ],
)
def test_bad_networks_name_the_key(weights: object, biases: object, argument: str) -> None:
    with pytest.raises(BadInput) as caught:
        Dense(weights, biases)
    assert caught.value.argument == argument


@pytest.mark.parametrize("names", [("a",), ("a", "a"), ("a", ""), ("a", 3)])
def test_bad_names(names: tuple[object, ...]) -> None:
    with pytest.raises(BadInput, match="names"):
        Dense([np.ones((2, 2)), np.ones((2, 2))], names=names)


@pytest.mark.parametrize("x", [[1.0, 2.0], [[1.0]], [[1.0, np.nan]], [["a", "b"]], np.ones((0, 2))])
def test_bad_inputs(x: object) -> None:
    with pytest.raises(BadInput) as caught:
        Dense([np.ones((1, 2))]).forward(x)
    assert caught.value.argument == "x"
