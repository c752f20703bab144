"""Activations between layers, with outward-rounded images and the range of their slopes.

ReLU, leaky ReLU, tanh, sigmoid and the identity are monotone with slopes in [0, 1]. GELU and SiLU
fall to one minimum and rise from there; their slopes lie in ``[1 - L, L]`` with L a little above 1.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.networks.arrays import Floats

if TYPE_CHECKING:
    from flint import arb

__all__ = ["KINDS_OF_ACTIVATION", "RELU", "Activation", "parse_activation"]

Range = tuple[Floats, Floats]
_PLAIN = ("relu", "identity", "tanh", "sigmoid", "gelu", "gelu_tanh", "silu")

KINDS_OF_ACTIVATION = (*_PLAIN, "leaky_relu")


@dataclass(frozen=True)
class _Valley:
    """One minimum: where it lies, a lower bound of it, and an upper bound L of the slope.

    As ``f(x) - f(-x) = x``, slopes at x and -x add up to 1: they lie in [1 - L, L].
    """

    place: tuple[float, float]
    depth: float
    steepest: float


# Enclosures held by ball arithmetic in tests/networks/test_activations.py.
_VALLEYS = {
    "gelu": _Valley((-0.751792, -0.751791), -0.16997121, 1.1289042),
    "gelu_tanh": _Valley((-0.752462, -0.752461), -0.17004076, 1.1290068),
    "silu": _Valley((-1.278465, -1.278464), -0.27846455, 1.0998394),
}
_KAPPA = 0.044715
"""Of the tanh form of GELU."""


@dataclass(frozen=True)
class Activation:
    """A function applied number by number.

    Attributes
    ----------
    kind : str
        "relu", "leaky_relu", "tanh", "sigmoid", "identity", "gelu", "gelu_tanh" or "silu".
    slope : float
        Of a leaky ReLU below 0, in [0, 1].
    """

    kind: str
    slope: float = 0.0

    @property
    def name(self) -> str:
        """The text that `parse_activation` reads."""
        return f"leaky_relu({self.slope!r})" if self.kind == "leaky_relu" else self.kind

    @property
    def homogeneous(self) -> bool:
        """f(c x) = c f(x) for c > 0."""
        return self.kind in ("relu", "leaky_relu", "identity")

    @property
    def non_negative(self) -> bool:
        """Values are >= 0 whatever the input."""
        return self.kind in ("relu", "sigmoid")

    @property
    def exact(self) -> bool:
        """Evaluation in float64 rounds nothing."""
        return self.kind in ("relu", "identity")

    @property
    def rounding(self) -> tuple[float, float]:
        """Relative and absolute error of an evaluation in float64.

        Library functions err by a few units in the last place; where the argument of an
        exponential is rounded, too, the error is small beside 1, not beside the value.
        """
        if self.exact:
            return 0.0, 0.0
        return 2.0**-48, 2.0**-48 if self.kind in _VALLEYS else 2.0**-108

    @property
    def lipschitz(self) -> float:
        """Largest size of a slope."""
        if self.kind in _VALLEYS:
            return _VALLEYS[self.kind].steepest
        return 0.25 if self.kind == "sigmoid" else 1.0

    @property
    def least_slope(self) -> float:
        """Smallest slope: that of a leaky ReLU counts as 0."""
        return 1 - self.lipschitz if self.kind in _VALLEYS else 0.0

    def __call__(self, x: Floats) -> Floats:
        if self.kind == "relu":
            return np.asarray(np.maximum(x, 0))
        if self.kind == "leaky_relu":
            return np.asarray(np.where(x < 0, self.slope * x, x))
        if self.kind == "tanh":
            return np.asarray(np.tanh(x))
        if self.kind == "identity":
            return x
        from scipy.special import erfc, expit

        if self.kind == "sigmoid":
            return np.asarray(expit(x))
        if self.kind == "silu":
            return np.asarray(x * expit(x))
        if self.kind == "gelu":
            # x Phi(x); erfc keeps the digits that 1 + erf would cancel.
            return np.asarray(x * (0.5 * erfc(-x * math.sqrt(0.5))))
        # (1 + tanh u) / 2 = 1 / (1 + exp(-2 u)).
        near = np.clip(x, -40, 40)
        return np.asarray(x * expit(2 * math.sqrt(2 / math.pi) * (near + _KAPPA * near**3)))

    def slopes(self, x: Floats) -> Floats:
        """Derivative, to the left at a kink; for searches, not for bounds."""
        if self.kind in ("relu", "leaky_relu"):
            return np.asarray(np.where(x > 0, 1.0, self.slope))
        if self.kind == "tanh":
            return np.asarray(1 - np.tanh(x) ** 2)
        if self.kind == "identity":
            return np.ones_like(x)
        from scipy.special import erfc, expit

        if self.kind == "sigmoid":
            return np.asarray(expit(x) * expit(-x))
        if self.kind == "silu":
            return np.asarray(expit(x) * (1 + x * expit(-x)))
        # The tanh form differs from GELU by less than a thousandth.
        density = np.exp(-0.5 * np.minimum(x * x, 1400)) / math.sqrt(2 * math.pi)
        return np.asarray(0.5 * erfc(-x * math.sqrt(0.5)) + x * density)

    def image(self, values: Range) -> Range:
        """Outward range of the values over a range; ends of curved functions by ball arithmetic."""
        lo, hi = values
        if self.exact:
            return self(lo), self(hi)
        if self.kind == "leaky_relu":
            low = np.where(lo < 0, np.nextafter(self.slope * lo, -np.inf), lo)
            return low, np.where(hi < 0, np.nextafter(self.slope * hi, np.inf), hi)
        low, high = self._ends(lo, -1), self._ends(hi, 1)
        if self.kind not in _VALLEYS:
            return low, high
        # Falls up to the minimum and rises from there: the largest value sits at an end.
        valley = _VALLEYS[self.kind]
        left, right = valley.place
        rising = np.where(lo > right, low, valley.depth)
        return np.where(hi < left, self._ends(hi, -1), rising), np.maximum(self._ends(lo, 1), high)

    def ball(self, x: arb) -> arb:
        """Enclosure of f(x)."""
        from flint import arb

        if self.kind == "tanh":
            return x.tanh()
        if self.kind == "gelu":
            return x * (-x / arb(2).sqrt()).erfc() / 2
        if self.kind == "gelu_tanh":
            u = (2 / arb.pi()).sqrt() * (x + arb(_KAPPA) * (x * x * x))
            return x / (1 + (-2 * u).exp())
        sigmoid = 1 / (1 + (-x).exp())
        return x * sigmoid if self.kind == "silu" else sigmoid

    def _ends(self, values: Floats, side: int) -> Floats:
        from flint import arb

        def end(x: float) -> float:
            ball = self.ball(arb(x))
            bound = float(ball.upper() if side > 0 else ball.lower())
            return float(np.nextafter(bound, side * np.inf))

        # Copies of a neuron share its value.
        each, where = np.unique(values, return_inverse=True)
        return np.array([end(float(x)) for x in each])[where].reshape(values.shape)

    def slope_ball(self, x: arb) -> arb:
        """Enclosure of f'(x) of a curved activation, by the product rule."""
        from flint import arb

        if self.kind == "tanh":
            return 1 - x.tanh() ** 2
        if self.kind == "gelu":
            density = (-(x**2) / 2).exp() / (2 * arb.pi()).sqrt()
            return (-x / arb(2).sqrt()).erfc() / 2 + x * density
        scale = 2 * (2 / arb.pi()).sqrt()
        bend = x + arb(_KAPPA) * x**3
        inner = scale * bend if self.kind == "gelu_tanh" else x
        here, there = 1 / (1 + (-inner).exp()), 1 / (1 + inner.exp())
        if self.kind == "sigmoid":
            return here * there
        turn = scale * (1 + 3 * arb(_KAPPA) * x**2) if self.kind == "gelu_tanh" else 1
        return here + x * here * there * turn

    def slope_range(self, values: Range) -> Range:
        """Outward range of the slopes of a curved activation over a range, by ball arithmetic."""
        from flint import arb

        def ends(lo: float, hi: float) -> tuple[float, float]:
            ball = self.slope_ball(arb(lo).union(arb(hi)))
            low = np.nextafter(float(ball.lower()), -np.inf)
            high = np.nextafter(float(ball.upper()), np.inf)
            # Of a ball that is no number the ends of all slopes are left.
            return max(self.least_slope, float(low)), min(self.lipschitz, float(high))

        pairs = zip(values[0].ravel(), values[1].ravel(), strict=True)
        slopes = np.array([ends(float(lo), float(hi)) for lo, hi in pairs]).reshape(-1, 2)
        shape = values[0].shape
        return slopes[:, 0].reshape(shape), slopes[:, 1].reshape(shape)

    def deviation(self, change: Range, values: Range | None = None) -> Range:
        """Outward range of f(z + d) - f(z) for d in `change` and z in `values`, or whatever z.

        A kinked f is convex and rises. So f(z + d) - f(z) rises with d, and for fixed d it rises
        with z if d >= 0, falls if d <= 0: the ends sit at corners, and are exact up to rounding.
        For a curved one it is a slope between z and z + d times d (mean value theorem), and a
        difference of two values: the tighter of both.
        """
        if self.kind == "identity":
            return change
        if values is not None:
            return self._joint(change, values)
        low, high = np.minimum(change[0], 0), np.maximum(change[1], 0)
        if self.kind not in _VALLEYS:
            # A power of two: the product is exact.
            return self.lipschitz * low, self.lipschitz * high
        most, least = self.lipschitz, self.least_slope
        down, up = np.minimum(most * low, least * high), np.maximum(most * high, least * low)
        return np.nextafter(down, -np.inf), np.nextafter(up, np.inf)

    def _joint(self, change: Range, values: Range) -> Range:
        (down, up), (lo, hi) = change, values
        if self.homogeneous:
            low = self._kinked(np.where(down >= 0, lo, hi), down, -1)
            return low, self._kinked(np.where(up >= 0, hi, lo), up, 1)
        moved = np.nextafter(lo + down, -np.inf), np.nextafter(hi + up, np.inf)
        slopes = self.slope_range((np.minimum(lo, moved[0]), np.maximum(hi, moved[1])))
        products = [slope * d for slope in slopes for d in change]
        before, after = self.image(values), self.image(moved)
        low = np.maximum(np.minimum.reduce(products), after[0] - before[1])
        high = np.minimum(np.maximum.reduce(products), after[1] - before[0])
        return np.nextafter(low, -np.inf), np.nextafter(high, np.inf)

    def _kinked(self, z: Floats, d: Floats, side: int) -> Floats:
        """f(z + d) - f(z) of a (leaky) ReLU, rounded to a side.

        Of a ReLU it is r = max(d - max(-z, 0), 0) for d >= 0 and max(d, -max(z, 0)) for d <= 0:
        one rounding. With a slope s below 0 it is r + s (d - r): it rises with r, and its terms
        have one sign, so that three roundings stay within 4 * 2**-53 of it.
        """
        part = np.nextafter(d - np.maximum(-z, 0), side * np.inf)
        part = np.where(z >= 0, d, np.clip(part, 0, np.maximum(d, 0)))
        part = np.where(d >= 0, part, np.maximum(d, -np.maximum(z, 0)))
        if self.kind == "relu" or self.slope == 0:
            return part
        whole = part + self.slope * (d - part)
        return np.nextafter(whole + side * (np.abs(whole) * 2.0**-51 + 2.0**-1022), side * np.inf)


RELU = Activation("relu")


def parse_activation(value: Any) -> Activation:
    """Read an activation by name: relu, leaky_relu(SLOPE), tanh, sigmoid, gelu, gelu_tanh, silu
    or identity.

    Raises
    ------
    BadInput
        For any other name, or a slope outside [0, 1].

    Examples
    --------
    >>> parse_activation("leaky_relu(0.1)").slope
    0.1
    """
    if isinstance(value, Activation):
        return value
    text = str(value).strip().lower()
    if text in _PLAIN:
        return Activation(text)
    leaky = re.fullmatch(r"leaky_relu(?:\(([0-9.e+-]+)\))?", text)
    if leaky:
        try:
            slope = float(leaky[1] or 0.01)
        except ValueError:
            slope = -1.0
        if 0 <= slope <= 1:
            return Activation("leaky_relu", slope)
    raise BadInput(
        "activation",
        value,
        "is not known",
        f"one of {', '.join(_PLAIN)} or leaky_relu(SLOPE) with a slope in [0, 1]",
    )
