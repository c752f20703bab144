"""How errors of weights become errors of fully connected networks."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import prod
from typing import Any

from slt_theory.testing.exact import (
    dot,
    forward,
    l1,
    largest,
    matvec,
    plus,
    relu,
    row_sum,
    scale,
    vector_minus,
)
from slt_theory.testing.lemma import Lemma
from slt_theory.testing.network_spaces import dense, like, matrices
from slt_theory.testing.scalars import numbers
from slt_theory.testing.space import lists
from slt_theory.testing.spaces import ball, box, counts, errors, reals

__all__ = [
    "LEMMAS",
    "biased",
    "compounding",
    "dense_recursion",
    "entries",
    "general_norms",
    "inputs",
    "noise",
    "output_error",
    "perturbed",
    "spectral_recursion",
]

Layers = Sequence[Any]
ETA = reals(0, 1, bits=3)


def perturbed(weights: Layers, noise: Layers, eta: Any) -> list[Any]:
    """Every layer W replaced by W + eta D."""
    return [plus(w, scale(d, eta)) for w, d in zip(weights, noise, strict=True)]


def output_error(weights: Layers, noise: Layers, eta: Any, x: Any) -> tuple[Any, ...]:
    """Difference of the two networks' outputs."""
    return vector_minus(forward(perturbed(weights, noise, eta), x), forward(weights, x))


def noise(weights: Any) -> Any:
    """Perturbations of every layer, in the norm ball."""
    return like(weights)


def spectral_noise(weights: Any) -> Any:
    """Matrices of the shapes of `weights` with spectral norm at most 1."""
    return like(weights, norm="spectral")


def entry_noise(weights: Any) -> Any:
    """Matrices of the shapes of `weights` with entries in [-1, 1]."""
    return like(weights, norm="max")


def inputs(weights: Any) -> Any:
    """Inputs in the box [-1, 1]^d."""
    return box(len(weights[0][0]), bits=1)


def ball_inputs(weights: Any) -> Any:
    """Inputs of the unit ball, with half-integer coordinates."""
    return ball(len(weights[0][0]), bits=1)


dense_recursion = Lemma(
    "error-recursion-dense",
    "layers of norm at most 1, each approximated within eta, inputs of norm at most 1: after l "
    "layers the error is at most (1 + eta)^l - 1 (here in the maximum norm)",
    {"weights": dense(), "noise": noise, "x": inputs, "eta": ETA},
    margin=lambda weights, noise, x, eta: (
        (1 + eta) ** len(weights) - 1 - largest(output_error(weights, noise, eta, x))
    ),
    proof="error-recursion-dense",
    theorem="pensia2020-two-layer",
    source="Pensia et al. 2020",
)

spectral_recursion = Lemma(
    "error-recursion-spectral",
    "the same in the Euclidean norm with spectral norms at most 1",
    {
        "weights": dense(norm="spectral", depth=2, bits=1),
        "noise": spectral_noise,
        "x": ball_inputs,
        "eta": ETA,
    },
    margin=lambda weights, noise, x, eta: (
        ((1 + eta) ** len(weights) - 1) ** 2
        - l1([v * v for v in output_error(weights, noise, eta, x)])
    ),
    proof="error-recursion-dense",
    source="Pensia et al. 2020",
)

compounding = Lemma(
    "error-budget",
    "(1 + eps / (2 l))^l - 1 < eps for 0 < eps <= 1",
    {"eps": errors(), "depth": counts(1, 40)},
    margin=lambda eps, depth: eps - ((1 + eps / (2 * depth)) ** depth - 1),
    proof="error-recursion-dense",
    source="Pensia et al. 2020",
)

general_norms = Lemma(
    "error-recursion-general",
    "for any norms the error is at most the sum over l of eta B_(l-1) prod_(k > l) (|W_k| + eta), "
    "B_l the norm of layer l's output",
    {"weights": dense(norm="none", depth=2), "noise": noise, "x": inputs, "eta": ETA},
    margin=lambda weights, noise, x, eta: (
        general_bound(weights, x, eta) - largest(output_error(weights, noise, eta, x))
    ),
    proof="error-recursion-dense",
)


def general_bound(weights: Layers, x: Any, eta: Any) -> Any:
    """Bound ``sum_l eta |B_l| prod_(k > l) (|W_k| + eta)`` of the error recursion.

    ``|B_l|`` is the norm of the values that enter layer l, ``|W_k|`` the largest row sum.
    """
    bound, values = Fraction(0), tuple(x)
    for layer, w in enumerate(weights):
        after = prod((row_sum(v) + eta for v in weights[layer + 1 :]), start=Fraction(1))
        bound += eta * largest(values) * after
        values = relu(matvec(w, values))
    return bound


entries = Lemma(
    "entries-to-norms",
    "entries within e change the spectral norm by at most e sqrt(d_in d_out), and the maximum row "
    "sum by at most e d_in",
    {"change": matrices(2, 3), "x": ball(3, bits=2), "e": reals(0, 1)},
    margin=lambda change, x, e: min(
        e * e * 6 - l1([(e * v) ** 2 for v in matvec(change, x)]),
        3 * e - row_sum(scale(change, e)),
    ),
    source="Pensia et al. 2020 (entry accuracy eps / (2 l d_i d_(i-1)))",
)


def bias_layers(weights: Any) -> Any:
    """Biases in [-1, 1] for every row of every layer, half-integers."""
    rows = sum(len(w) for w in weights)
    cuts = [sum(len(w) for w in weights[:k]) for k in range(len(weights) + 1)]
    return lists(numbers(-1, 1, bits=1), rows, rows).map(
        lambda flat: tuple(flat[a:b] for a, b in pairwise(cuts))
    )


def layer_accuracies(weights: Layers, biases: Layers, box_radius: Any, eps: Any) -> list[Any]:
    """min(eps / (L n), eps / (L (1 + B) prod_(k > l) (|W_k| + eps / L))) for every layer l."""
    depth = len(weights)
    size = Fraction(len(weights[0][0])) * box_radius  # sup of the l1 norm of the input
    accuracies = []
    for layer, w in enumerate(weights):
        after = prod((row_sum(v) + eps / depth for v in weights[layer + 1 :]), start=Fraction(1))
        accuracies.append(min(eps / (depth * len(w[0])), eps / (depth * (1 + size) * after)))
        # |x_l|_1 <= sum of |W| times the largest input, plus biases.
        size = sum((l1(row) for row in w), Fraction(0)) * size + l1(biases[layer])
    return accuracies


def biased_error(
    weights: Layers, biases: Layers, noise: Layers, shifts: Layers, x: Any, accuracies: Layers
) -> Any:
    """Error at x of the network whose weights and biases moved by ``accuracy * noise``."""
    moved = [plus(w, scale(d, a)) for w, d, a in zip(weights, noise, accuracies, strict=True)]
    offsets = [
        tuple(b + a * s for b, s in zip(bs, ss, strict=True))
        for bs, ss, a in zip(biases, shifts, accuracies, strict=True)
    ]
    return largest(vector_minus(forward(moved, x, offsets), forward(weights, x, biases)))


biased = Lemma(
    "error-recursion-biased",
    "weights and biases of layer l within eps_l = min(eps / (L n), eps / (L (1 + B) prod (|W_k| + "
    "eps / L))): the output is within eps",
    {
        "weights": dense(norm="none", depth=2, bits=1),
        "biases": bias_layers,
        "noise": entry_noise,
        "shifts": bias_layers,
        "x": inputs,
        "eps": errors(),
    },
    margin=lambda weights, biases, noise, shifts, x, eps: (
        eps
        - biased_error(
            weights, biases, noise, shifts, x, layer_accuracies(weights, biases, Fraction(1), eps)
        )
    ),
    proof="error-recursion-biased",
    source="Burkholz 2022 (own form)",
)

cauchy_schwarz = Lemma(
    "scores-of-perturbed-weights",
    "entries of W within e change the score x' W y by at most e |x|_1 |y|_1",
    {
        "change": matrices(2, 2, norm="max"),
        "x": box(2, bits=2),
        "y": box(2, bits=2),
        "e": reals(0, 1),
    },
    margin=lambda change, x, y, e: e * l1(x) * l1(y) - abs(dot(x, matvec(scale(change, e), y))),
    source="Otsuka et al. 2026 (merged query and key)",
)

LEMMAS = (
    dense_recursion,
    spectral_recursion,
    compounding,
    general_norms,
    entries,
    biased,
    cauchy_schwarz,
)
