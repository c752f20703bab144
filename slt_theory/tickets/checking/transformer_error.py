"""The error of a transformer without normalisation from those of its parts.

With tokens of the target in the ball of radius R, those of the source off by at most e in Euclidean
norm, and heads of scores W_h and values V_h,

    |x' W y - x~' W y~| <= s = ||W||_F e (2 R + e),
    off(z) <= e + sqrt(d) err + sum_h (min(s_h, 2) ||V_h||_F R + ||V_h||_F e),
    off(y) <= (1 + Lip F) off(z) + sqrt(d) err',

since softmax moves by at most s/2 in total variation and two values of the ball differ by at most
2 ||V||_F R. `err` and `err'` are sup errors of the two parts on the balls that the source's tokens
lie in. Nothing depends on the number of tokens or on a mask. Ours is in place of the paper's
budgets (Theorems 6 and 11, Lemma 12): the same steps, with the norms of this target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from slt_theory.balls import to_power, up
from slt_theory.networks.arrays import Floats
from slt_theory.networks.attention import Attention
from slt_theory.networks.dense import Dense
from slt_theory.tickets.domain import Ball

if TYPE_CHECKING:
    from flint import arb

__all__ = ["Norms", "TokenErrors"]


@dataclass(frozen=True)
class Norms:
    """Frobenius norms of one part, as balls: (scores, values) a head, or (weight, bias) a layer."""

    pairs: tuple[tuple[arb, arb], ...]

    @classmethod
    def of(cls, part: Attention | Dense) -> Norms:
        """The norms of an attention or of a fully connected part, all roundings included."""
        if isinstance(part, Attention):
            merged = [_frobenius(*one) for one in part.merged()]
            return cls(tuple(zip(merged[::2], merged[1::2], strict=True)))
        layers = zip(part.weights, part.biases, strict=True)
        none = _frobenius(part.weights[0][:0])
        return cls(tuple((_frobenius(w), none if b is None else _frobenius(b)) for w, b in layers))


class TokenErrors:
    """Norms of the target's tokens, and how far those of the source are off, step by step.

    Parameters
    ----------
    radius : float
        Euclidean norm of a token.
    width : int
        Numbers of a token.
    """

    def __init__(self, radius: float, width: int) -> None:
        from flint import arb

        self.radius, self.off = arb(radius), arb(0)
        self.width = width

    @property
    def domain(self) -> Ball:
        """The ball that the source's tokens lie in."""
        return Ball(up(self.radius + self.off))

    @property
    def error(self) -> float:
        """At least the Euclidean distance of a token of the source from the target's."""
        return up(self.off)

    def attention(self, norms: Norms, error: float) -> None:
        """Go from x to z = x + Attn(x), whose ticket has at most this sup error on `domain`."""
        radius, e = self.radius, self.off
        size, moved = radius * 0, e + self._norm_of(error)
        for scores, value in norms.pairs:
            shift = scores * e * (2 * radius + e)
            # Two distributions are at most 1 apart, and values of the ball at most 2 |V| R.
            shift = shift if bool(shift <= 2) else shift * 0 + 2
            moved += shift * value * radius + value * e
            size += value * radius
        self.radius, self.off = radius + size, moved

    def connected(self, norms: Norms, error: float) -> None:
        """Go from z to y = z + F(z), whose ticket has at most this sup error on `domain`."""
        slope, size = self.radius * 0 + 1, self.radius
        for weight, bias in norms.pairs:
            slope *= weight
            size = size * weight + bias
        self.radius += size
        self.off += slope * self.off + self._norm_of(error)

    def _norm_of(self, error: float) -> arb:
        """Euclidean norm of a token whose numbers are at most `error`."""
        from flint import arb

        return arb(self.width).sqrt() * arb(error)


def _frobenius(matrix: Floats, slip: float = 0.0) -> arb:
    """At least the Frobenius norm of any matrix whose entries are off by at most `slip`."""
    from flint import arb

    sizes = (arb(float(x)).abs_upper() + arb(slip) for x in matrix.flat)
    return sum((to_power(size, 2) for size in sizes), arb(0)).sqrt()
