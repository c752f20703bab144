r"""Lemma R: an explicit random-subset-sum theorem by two one-line potentials.

For :math:`X_i \sim U[-1,1]` let :math:`v_t` be the measure of the part of a window of length 1 that
partial sums, kept inside the window, approximate within :math:`e`. Then
:math:`E v' = v(1 + (1-v)/2)` and :math:`v \le v' \le \min(2v, 1)`, hence

* below one half, :math:`E[1/v'] \le (7/8)/v`;
* above it, :math:`E[1-v'] \le (3/4)(1-v)`.

Once :math:`1 - v < e` every point of the window has an approximated point within :math:`e`.

Source: Lueker 1998 and da Cunha et al. 2022 for the process; constants proved in
``proofs/lemma_r.py``.
"""

from __future__ import annotations

import math
from fractions import Fraction

from slt_theory.certified.exact import ONE

__all__ = ["lemma_r_profile"]

FIRST_RATE = Fraction(7, 8)
SECOND_RATE = Fraction(3, 4)


def _phase(rate: Fraction, start: Fraction, length: int) -> list[int]:
    """Upper bounds of ``start * rate**t`` for ``t = 0 .. length - 1``."""
    rows = []
    current = math.ceil(start * ONE)
    for _ in range(length):
        rows.append(current)
        current = -(-current * rate.numerator // rate.denominator)
    return rows


def lemma_r_profile(reach: Fraction, start: Fraction, length: int) -> list[int]:
    """Failure bounds of Lemma R for ``n = 0 .. length - 1`` items.

    Parameters
    ----------
    reach : Fraction
        Half-width ``e`` of the interval around a sum; the guaranteed error is ``2 e``.
    start : Fraction
        Measure approximated before the first item (``2 e`` if 0 lies ``e`` inside the window).
    length : int
        Number of entries.

    Returns
    -------
    list of int
        Upper bounds in units of ``2**-PROBABILITY_BITS``. Cost: O(length) by two pointers.
    """
    first = _phase(FIRST_RATE, 1 / (2 * start), length)
    second = _phase(SECOND_RATE, 1 / (2 * reach), length)
    rows, split = [], 0
    for n in range(length):
        # The best split moves up with n: both phases are geometric.
        while (
            split < n
            and first[split + 1] + second[n - split - 1] <= first[split] + second[n - split]
        ):
            split += 1
        rows.append(min(ONE, first[split] + second[n - split]))
    for n in range(1, length):
        rows[n] = min(rows[n], rows[n - 1])
    return rows
