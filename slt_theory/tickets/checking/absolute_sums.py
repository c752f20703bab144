r"""How large a weighted sum of absolute values of linear forms can get over a domain.

For forms ``g_c(x) = G_c (1, y)`` with y in the unit box or ball and any weights w > 0, D > 0,

    sum_c |g_c| <= sqrt(sum_c w_c  sum_c g_c^2 / w_c)     (Cauchy and Schwarz)
    sum_c g_c^2 / w_c = (1, y)' M (1, y) <= ||D^-1 M D^-1||_2  sum_i D_i^2 y_i^2,

M the Gram matrix of ``G_c / sqrt(w_c)``. Term by term every form would be as large as it can; here
all take the same x, which is worth about the root of the number of inputs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks.definite import largest_eigenvalue
from slt_theory.tickets.domain import Ball, Inputs

__all__ = ["largest_absolute_sum", "on_unit"]

Floats = NDArray[np.float64]


def on_unit(rows: Floats, constant: Floats, domain: Inputs) -> Floats:
    """Forms of x as forms of (1, y), y in [-1, 1]^d or the unit ball; floats, rounded."""
    if isinstance(domain, Ball):
        return np.column_stack([constant, rows * domain.radius])
    lo, hi = domain.ends(rows.shape[1])
    return np.column_stack([constant + rows @ ((lo + hi) / 2), rows * ((hi - lo) / 2)])


def largest_absolute_sum(blocks: Iterable[Floats], domain: Inputs) -> float:
    """Upper bound of ``sum_c |forms_c (1, y)|`` over the domain's unit box or ball.

    Parameters
    ----------
    blocks : iterable of arrays (forms, 1 + inputs)
        Taken as exact; some forms at a time.
    domain : Inputs

    Returns
    -------
    float
        Rounded up; infinite where a square overflows. About one product of the forms with
        themselves and one factorisation.
    """
    sums = _Sums()
    for forms in blocks:
        if not sums.add(forms):
            return math.inf
    # Forms this small cannot add more than their plain sizes.
    rest = sums.small * 1.001 + 2.0**-300
    gram, trace = sums.gram, sums.trace
    if not sums.count:
        return rest
    # Entries of `gram` are off by k u times those of |unit|'|unit|, whose norm is at most the
    # trace; those of `unit` by 3 u. Either moves the quadratic form by at most k u trace |y|^2.
    terms, size = sums.count + 16, len(gram) + 16
    slip = terms * 2.0**-51 * trace * size
    diagonal = np.maximum(np.diag(gram), trace * 2.0**-40)
    if isinstance(domain, Ball):
        diagonal = np.concatenate([diagonal[:1], np.full(len(gram) - 1, diagonal[1:].mean())])
        reach = float(diagonal[0] + diagonal[1:].max(initial=0.0))
    else:
        reach = float(diagonal.sum())
    scale = 1 / np.sqrt(diagonal)
    # Scaling rounds entries of size at most 1 by 3 u.
    norm = max(0.0, largest_eigenvalue(gram * scale[:, None] * scale)) + size * 2.0**-50
    quadratic = norm * reach * (1 + size * 2.0**-50) + slip
    total = math.sqrt(sums.weights * quadratic)
    bound = total * (1 + terms * 2.0**-50) + rest
    return bound if math.isfinite(bound) else math.inf


class _Sums:
    """The parts of the bound that speak of all forms.

    Attributes
    ----------
    gram : array (1 + inputs, 1 + inputs)
        Of the forms over the roots of their lengths.
    trace, weights : float
        Its trace, and the sum of the lengths.
    small : float
        Sum of the sizes of all entries of forms too small to be divided by their length.
    count : int
        Of the others.
    """

    def __init__(self) -> None:
        self.gram: Floats = np.zeros((1, 1))
        self.trace = self.weights = self.small = 0.0
        self.count = 0

    def add(self, forms: Floats) -> bool:
        """Take some forms; False where a square overflows."""
        sizes = np.sqrt((forms * forms).sum(axis=1))
        if not np.isfinite(sizes).all():
            return False
        live = sizes > 2.0**-400
        self.small += float(np.abs(forms[~live]).sum())
        unit = forms[live] / np.sqrt(sizes[live])[:, None]
        self.gram = self.gram + unit.T @ unit
        self.trace += float(np.einsum("ij,ij->", unit, unit))
        self.weights += float(sizes[live].sum())
        self.count += int(np.count_nonzero(live))
        return True
