"""The symbols of bound formulas: one meaning each, and a value at which formulas are compared."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["SYMBOLS", "Symbol"]


class Symbol(NamedTuple):
    """``example`` is a legal value, used by contract tests and as a default of calculators."""

    meaning: str
    example: float


SYMBOLS: dict[str, Symbol] = {
    "eps": Symbol("the statement's own eps: error of one sum, or of the network", 0.01),
    "delta": Symbol("failure probability", 0.01),
    "lo": Symbol("lower end of the window of targets", -1.0),
    "hi": Symbol("upper end of the window of targets", 1.0),
    "n": Symbol("random numbers", 40.0),
    "k": Symbol("size of the subsets", 8.0),
    "l": Symbol("layers of weights of the target network", 2.0),
    "d": Symbol("dimension, or width of a square layer", 16.0),
    "d_in": Symbol("inputs (or input channels) of a target layer", 784.0),
    "d_out": Symbol("outputs (or output channels) of a target layer", 500.0),
    "s": Symbol("entries of one filter", 25.0),
    "N": Symbol("parameters, or copies, that are needed", 1000.0),
    "B": Symbol("size of the equivariant basis, or its norm if larger", 9.0),
    "H": Symbol("attention heads", 8.0),
    "alpha": Symbol("bound of the norm of one token", 28.0),
    "p": Symbol("probability that a random weight is present", 0.5),
    "f": Symbol("share of free (not frozen) weights", 0.5),
    "q": Symbol("share of locked weights", 0.25),
    "eps_p": Symbol("size of the allowed perturbation of each number", 0.1),
    "M": Symbol("largest integer, 1/resolution", 64.0),
    "Delta": Symbol("tolerance in units of the resolution", 0.0),
    "gamma": Symbol("density: share of the weights kept", 0.1),
    "w_max": Symbol("largest weight", 1.0),
    "u_th": Symbol("firing threshold of a spiking neuron", 0.5),
    "C": Symbol("unnamed universal constant", 1.0),
    "K": Symbol("unnamed universal constant", 1.0),
    "kappa": Symbol("unnamed universal constant", 1.0),
    "c": Symbol("unnamed constant", 1.0),
    "m": Symbol("targets, or constraints, at once", 2.0),
    "b": Symbol("difference of the sizes of the two parts over n", 0.0),
    "blocks": Symbol("blocks of the transformer", 2.0),
    "r": Symbol("frozen layers for one layer of the target", 2.0),
    "rho": Symbol("number of sums in a union bound", 1e5),
}
