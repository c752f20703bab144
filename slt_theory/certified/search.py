"""The best certified n: every process, every uniform component, every window rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from slt_theory.certified.components import Component, components
from slt_theory.certified.direct import DIRECT, Sufficient, smallest
from slt_theory.certified.dynamic import Window, dynamic_program
from slt_theory.certified.exact import ONE, Real, failure_at_most, inward, outward
from slt_theory.certified.extension import extend
from slt_theory.certified.lemma_r import lemma_r_profile
from slt_theory.certified.result import Certified
from slt_theory.errors import BadInput
from slt_theory.lattice import to_fraction

__all__ = ["METHODS", "Process", "certified_n", "dynamic_window"]

Profile = Callable[[Fraction, Fraction, int], list[int]]

_MOST_STEPS = 200
_STATES = 600
_CANDIDATES = 2


@dataclass(frozen=True, slots=True)
class Process:
    """A proved process on a window of length 1 for U[-1,1].

    ``profile(error, inside, length)`` bounds the failure probability for n = 0 .. length - 1 items,
    where 0 lies at distance `inside` from the nearer end of the window.
    """

    method: str
    proof: str
    profile: Profile | None


def _lemma_r(error: Fraction, inside: Fraction, length: int) -> list[int]:
    reach = error / 2
    return lemma_r_profile(reach, reach + min(reach, inside), length)


def dynamic_window(error: Fraction, inside: Fraction) -> Window:
    """Three tenths of the error go to the last gap; the window is longer by twice that gap."""
    gap = error * 3 / 10
    reach = error - gap
    size = 1 + 2 * gap
    return Window(
        start=(reach + min(reach, inside)) / size,
        stop=2 * gap / size,
        kappa=size / 2,
        loss=(size - 1) ** 2 / (4 * size),
    )


def _dynamic(error: Fraction, inside: Fraction, length: int) -> list[int]:
    window = dynamic_window(error, inside)
    octaves = math.log2(1 / window.start) + math.log2(1 / window.stop)
    per_octave = max(12, min(96, int(_STATES / octaves)))
    rows = list(dynamic_program(window, _MOST_STEPS, per_octave)[:length])
    rows += [rows[-1]] * (length - len(rows))
    return [min(a, b) for a, b in zip(rows, _lemma_r(error, inside, length), strict=True)]


METHODS: dict[str, Process] = {
    "lemma-r": Process("lemma-r", "lemma-r", _lemma_r),
    "dynamic-program": Process("dynamic-program", "dynamic-program", _dynamic),
    "ordered-sums": Process("ordered-sums", "kakeya-sweep", None),
    "base-interval": Process("base-interval", "base-interval", None),
    "tilted-density": Process("tilted-density", "tilted-density", None),
}


@lru_cache(maxsize=256)
def _window_profile(
    method: str, error: Fraction, lo: Fraction, hi: Fraction, length: int
) -> tuple[tuple[int, ...], str]:
    """Failure bounds of U[-1,1] for all targets of [lo, hi] (0 inside), and how they came about."""
    run = METHODS[method].profile
    assert run is not None
    if hi - lo <= 1:
        spare = 1 - (hi - lo)
        # Centre the window so that 0 is as far inside as the targets allow.
        start = min(max(Fraction(-1, 2), lo - spare), lo)
        inside = min(-start, start + 1)
        return tuple(run(error, inside, length)), ""
    rows: list[int] | None = None
    chosen = Fraction(0)
    for start in {max(lo, Fraction(-1, 2)), min(hi - 1, Fraction(-1, 2))}:
        if not -1 <= start <= 0:
            continue
        core = run(error, min(-start, start + 1), length)
        grown = extend(core, max(Fraction(0), hi - start - 1), max(Fraction(0), start - lo))
        if rows is None or sum(grown) < sum(rows):
            rows, chosen = grown, start
    assert rows is not None
    return tuple(rows), f"extension from [{chosen}, {chosen + 1}] by further items"


def _number(value: Fraction) -> str:
    return f"{float(value):.6g}"


def _try(
    process: Process, row: Component, eps: Fraction, delta: Fraction, lo: Fraction, hi: Fraction
) -> Sufficient | None:
    """One process through one component: scaling, extension, mixture."""
    scale = row.half_width
    error = eps / scale
    low, high = min(lo, Fraction(0)) / scale, max(hi, Fraction(0)) / scale
    limit = math.floor(delta * ONE)
    steps, rests = [], []
    if scale != 1:
        steps.append(
            f"scaling: U[-{scale}, {scale}] is {scale} times U[-1, 1]; error {_number(error)} "
            f"on [{_number(low)}, {_number(high)}]"
        )
        rests.append("scaling-rule")
    length = 64
    while length <= 4096:
        # With an error above the whole window the empty sum is enough.
        if error >= max(high, -low):
            rows: tuple[int, ...] = (0,) * length
            how = ""
        else:
            rows, how = _window_profile(
                process.method, min(error, Fraction(1, 4)), low, high, length
            )
        n = smallest(rows, limit, row.weight)
        if n is not None:
            break
        length *= 2
    else:
        return None
    if how:
        steps.append(how)
        rests.append("extension-rule")
    if row.weight < 1:
        steps.append(
            f"mixture: each item is uniform with probability at least {row.weight}; "
            "the number of uniform items is binomial"
        )
        rests += ["mixture-rule", row.proof]
    return Sufficient(n, process.method, tuple(steps), tuple(dict.fromkeys(rests)))


def _through_components(
    law: Any,
    chosen: Mapping[str, Process],
    error: Fraction,
    failure: Fraction,
    low: Fraction,
    high: Fraction,
) -> list[Sufficient]:
    """The best of lemma R, and the dynamic program on the components that are best by lemma R."""
    if not {"lemma-r", "dynamic-program"} & set(chosen):
        return []

    def tried(method: str, row: Component) -> Sufficient | None:
        return _try(METHODS[method], row, error, failure, low, high)

    crude = [(tried("lemma-r", row), row) for row in components(law)]
    good = sorted(((f, row) for f, row in crude if f is not None), key=lambda p: p[0].n)
    found = [f for f, _ in good[:1]] if "lemma-r" in chosen else []
    if "dynamic-program" in chosen:
        fine = (tried("dynamic-program", row) for _, row in good[:_CANDIDATES])
        found += [f for f in fine if f is not None]
    return found


def _as_certified(best: Sufficient, eps: Real, low: Fraction, high: Fraction) -> Certified:
    return Certified(
        best.n,
        METHODS[best.method].proof,
        float(to_fraction("eps", eps)),
        (float(low), float(high)),
        best.method,
        best.steps,
        best.rests_on,
    )


def certified_n(
    eps: Real,
    delta: Real,
    *,
    lo: Real = -1,
    hi: Real = 1,
    law: Any = "uniform",
    method: str | None = None,
) -> Certified | None:
    """Number n of random items that is proved to reach every target of a window.

    With probability at least ``1 - delta`` over n independent items, every z of [lo, hi] has a
    subset whose sum lies within `eps` of z. A law stands for the real law of its name; for draws
    on a lattice add ``n * law.coupling`` to the error. Floats mean both the binary and the shortest
    decimal number, whichever asks for more. Cost: under two seconds the first time.

    Parameters
    ----------
    eps, delta, lo, hi : float, str or Fraction
        Error guaranteed (not half of it), failure probability for all targets, window.
    law : str or object
        Law of one item, see `slt_theory.certified.components.components`.
    method : str, optional
        Only this process (a key of `METHODS`); the best of all without it.

    Returns
    -------
    Certified or None
        None if no proved uniform component of the law is known or the number exceeds 32,768.

    Raises
    ------
    BadInput
        If eps or delta is not positive and finite, ``delta >= 1``, or ``lo > hi``.

    Examples
    --------
    >>> certified_n("1/50", "1/100", lo="-1/2", hi="1/2", method="lemma-r").n
    96
    """
    asked = inward(eps, "eps"), failure_at_most(delta), *outward(lo, hi)
    if method is not None and method not in METHODS:
        raise BadInput("method", method, "is no known process", f"one of {', '.join(METHODS)}")
    chosen = METHODS if method is None else {method: METHODS[method]}
    found = _through_components(law, chosen, *asked)
    directly = (DIRECT[name](law, *asked) for name in DIRECT.keys() & chosen.keys())
    found += [one for one in directly if one is not None]
    best = min(found, key=lambda f: (f.n, f.method), default=None)
    return None if best is None else _as_certified(best, eps, *asked[2:])
