r"""Sums modulo 2: the dynamic program without a window that clips.

X is uniform on the circle R/2Z, for instance U[-1, 1] modulo 2, and every residue is to be reached.
For any z and any C of share v, ``z - X`` lies in C with probability exactly v, so

.. math:: E v' = v + v (1 - v), \qquad v \le v' \le \min(2v, 1):

the process of `slt_theory.certified.dynamic` with kappa = 1. On the line the window cuts off half
of the growth (kappa = 1/2); this is what that costs.

Source: own; proved in ``proofs/circle_sums.py``.
"""

from __future__ import annotations

import math
from fractions import Fraction

from slt_theory.certified.dynamic import Window, dynamic_program
from slt_theory.certified.exact import ONE, Real, failure_at_most, inward
from slt_theory.certified.result import Certified

__all__ = ["circle_n", "circle_window"]

_GAP = Fraction(3, 10)  # of the error; from 0.25 to 0.4 the numbers hardly change
_STATES = 900
_MOST_STEPS = 512


def circle_window(error: Fraction, gap: Fraction) -> Window:
    """Start and stop in shares of the circle of length 2.

    The empty sum covers an arc of radius ``error - gap``; a residue missed by `error` leaves an
    open arc of radius `gap`.
    """
    return Window(start=error - gap, stop=gap, kappa=Fraction(1))


def circle_n(eps: Real, delta: Real) -> Certified | None:
    """Uniform items on R/2Z whose subset sums reach every residue within `eps`.

    Parameters
    ----------
    eps : float, str or Fraction
        Error on the circle of length 2.
    delta : float, str or Fraction
        Failure probability, for all residues at once.

    Returns
    -------
    Certified or None
        None if 512 items are not enough.

    Raises
    ------
    BadInput
        If eps or delta is not positive, or delta is at least 1.

    Examples
    --------
    >>> circle_n("1/100", "1/100").n
    18
    """
    error, failure = inward(eps, "eps"), failure_at_most(delta)
    limit = math.floor(failure * ONE)
    n = 0 if error >= 1 else _smallest(circle_window(error, error * _GAP), limit)
    if n is None:
        return None
    steps = ("every residue modulo 2 is a target; one item reaches a share v with probability v",)
    return Certified(
        n,
        "circle-sums",
        float(Fraction(eps)),
        (-1.0, 1.0),
        "circle",
        steps,
        ("dynamic-program",),
    )


def _smallest(window: Window, limit: int) -> int | None:
    """Steps after which the bound is at most `limit`; run for twice as many each time."""
    octaves = math.log2(1 / window.start) + math.log2(1 / window.stop)
    per_octave = max(12, min(96, int(_STATES / octaves)))
    steps = 16
    while steps <= _MOST_STEPS:
        rows = dynamic_program(window, steps, per_octave)
        if rows[-1] <= limit:
            return next(n for n, value in enumerate(rows) if value <= limit)
        steps *= 2
    return None
