"""No certified number can be wrong unnoticed: every planted error makes a proof fail.

Each error first shows an unsafe number: smaller where the number suffices, larger where it is
necessary.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from planted import Planted, first_failure, fresh

F = Fraction


def small_base(c: Any, law: str, cut: Fraction, length: Fraction, **weights: Any) -> Any:
    """Parameters of a base interval that is quick to compute."""
    return c.base_parameters.Base(
        law=law,
        cut=cut,
        error=F(1, 5),
        length=length,
        radius=F(1, 10),
        star=F(7, 5),
        low=F(29, 10),
        mid=F(8),
        last=F(12),
        share=F(1, 3),
        **weights,
    )


def floor_of_six(c: Any) -> float:
    """Minus the lower bounds of the density of six small items: lower is more optimistic."""
    base = small_base(c, "uniform", F(1), F(3, 2), lean=F(0), rates=(F(0),))
    return -float(c.base_floor.Floor(base, 60, 300).least(6).sum())


def hits(n: int) -> Any:
    """Minus the expected hits of n items: fewer make a larger floor."""
    return lambda c: -float(c.reach_hits.expected_hits(n, F(1, 2), F(1, 10), F(1, 5)))


def means_of_products(c: Any) -> Any:
    rates = (F(0), F(1))
    base = small_base(c, "uniform*uniform", F(1, 4), F(17, 10), lean=F(1, 5), rates=rates)
    return c.base_means.Means(base, 200)


def base_noise(c: Any) -> float:
    return float(means_of_products(c).noise(6).sum())


def base_chance(c: Any) -> float:
    return float(means_of_products(c)._waves([F(3), F(4)]).sum())


def tilted_cell(c: Any) -> Any:
    one = c.fourier_certificate.tilted_certificates()[0]
    return c.fourier_certificate.TiltedCell(one.plan, *one.cells[2:4])


def tilted_floor(c: Any) -> float:
    from flint import ctx

    cell = tilted_cell(c)
    with ctx.workprec(120):
        return -float(cell.floor.low(cell.cell.start, cell.stops).sum())


def steep_cells(c: Any) -> float:
    """The end of the statistic at a tilt that has its maximum inside (0, 1)."""
    from flint import ctx

    one = c.fourier_certificate.tilted_certificates()[0]
    with ctx.workprec(120):
        return float(c.fourier_floor.TiltedFloor(one.plan, F(-3)).edges[-1])


def tilted_costs(c: Any) -> float:
    return float(tilted_cell(c).costs().sum())


def narrow_majorant(c: Any) -> float:
    """0 if a majorant is accepted for a wider interval than its own, else 1."""
    from flint import ctx

    cell = tilted_cell(c)
    with ctx.workprec(120):
        period, waves = cell.plan.period, cell.cell.waves
        found = c.fourier_majorant.majorises(waves, cell.cell.push, 1.5 * cell.width, period)
    return float(not found)


def n_of(method: str | None, **where: Any) -> Any:
    arguments = {"eps": "1/50", "delta": "1/100", "method": method, **where}
    return lambda c: c.certified_n(**arguments).n


def frozen(c: Any) -> int:
    return int(c.frozen_n("1/100", "1/100", free="1/2", locked="1/2").n)


def barely_frozen(c: Any) -> int:
    return int(c.frozen_n("1/100000", "1/2", free="9/10", locked="1/1000000").n)


def dense(c: Any) -> int:
    return int(sum(c.dense_widths((3, 2, 2), "1/2", "1/2").widths))


def convolution(c: Any) -> int:
    return int(sum(c.convolution_widths((1, 2, 2), 2, 1, "1/2").widths))


def deep(c: Any) -> int:
    return int(sum(c.deep_widths((2, 2, 1), 1, "1/2").widths))


def attention(c: Any) -> int:
    return int(
        sum(
            c.attention_widths(
                d_in=2, d_out=3, heads=2, radius=2, network_eps=2, delta="1/2"
            ).widths
        )
    )


def profile(error: str, n: int) -> Any:
    """A failure bound of the dynamic program."""
    return lambda c: c.METHODS["dynamic-program"].profile(F(error), F(1, 2), n + 1)[n]


def ordered(n: int, keep: str = "1", eps: str = "1/4", ends: str = "1/2") -> Any:
    """A failure bound of ordered sums for targets up to `ends`, and two thirds of it below 0."""

    def shown(_: Any) -> int:
        from slt_theory.certified.ordered import ordered_failure

        lo, hi = F(ends) * F(-2, 3), F(ends)
        return int(ordered_failure("uniform*uniform", F(keep), F(eps), lo, hi, n)[n])

    return shown


def reach(c: Any) -> float:
    return float(c.reach_floor(8, "1/4", lo="-1/2", hi=2))


def of_size(c: Any) -> float:
    return float(c.reach_floor_of_size(12, 2, "1/10"))


def circle(c: Any) -> int:
    return int(c.circle_n("1/100", "1/100").n)


def counting(**where: Any) -> Any:
    return lambda c: c.counting_n(**{"eps": "1/100", **where}).n


LEMMA = n_of("lemma-r", lo="-1/2", hi="1/2")
AT_THE_END = n_of("lemma-r", lo="0", hi="1")
LONG = n_of("lemma-r", lo="-1", hi="1")
MASKED = n_of("lemma-r", law="bernoulli(1/2)*uniform", lo="-1/2", hi="1/2")

PLANTED = {
    "frozen: delta doubled": Planted(
        "frozen", "ball(16 / delta)", "ball(8 / delta)", frozen, "frozen-lemma"
    ),
    "frozen: half of the n": Planted(
        "frozen", "half = f * n / 4 - 1", "n *= 2; half = f * n / 4 - 1", frozen, "frozen-lemma"
    ),
    "frozen: core at delta": Planted(
        "frozen",
        "certified_n(error, failure / 2)",
        "certified_n(error, failure)",
        barely_frozen,
        "frozen-lemma",
    ),
    "frozen: drift halved": Planted(
        "frozen", ">= 8 * drift", ">= 4 * drift", frozen, "frozen-lemma"
    ),
    "frozen: half the locked items": Planted(
        "frozen", "(ball(q * n) + level)", "(ball(q * n) / 2 + level)", frozen, "frozen-lemma"
    ),
    "window: not extended": Planted(
        "search",
        "grown = extend(core, max(Fraction(0), hi - start - 1), max(Fraction(0), start - lo))",
        "grown = core",
        LONG,
        "extension-rule",
    ),
    "extension: one side only": Planted(
        "extension",
        "positive_part_below(m, right) + positive_part_below(m, left)",
        "positive_part_below(m, right)",
        LONG,
        "extension-rule",
    ),
    "extension: half of the way": Planted(
        "extension",
        "positive_part_below(m, right) +",
        "positive_part_below(m, right / 2) +",
        LONG,
        "extension-rule",
    ),
    "extension: its items used twice": Planted(
        "extension", "profile[n - m] + need[m]", "profile[n] + need[m]", LONG, "extension-rule"
    ),
    "lemma R: starts with 2 e wherever 0 lies": Planted(
        "search", "reach + min(reach, inside), length)", "2 * reach, length)", AT_THE_END, "lemma-r"
    ),
    "lemma R: reach twice too wide": Planted(
        "search", "    reach = error / 2\n", "    reach = error\n", LEMMA, "lemma-r"
    ),
    "lemma R: first rate": Planted(
        "lemma_r", "FIRST_RATE = Fraction(7, 8)", "FIRST_RATE = Fraction(6, 7)", LEMMA, "lemma-r"
    ),
    "lemma R: second rate": Planted(
        "lemma_r", "SECOND_RATE = Fraction(3, 4)", "SECOND_RATE = Fraction(2, 3)", LEMMA, "lemma-r"
    ),
    "lemma R: phases not added": Planted(
        "lemma_r",
        "min(ONE, first[split] + second[n - split])",
        "min(ONE, max(first[split], second[n - split]))",
        LEMMA,
        "lemma-r",
    ),
    "window: 0 taken for the middle": Planted(
        "search",
        "inside = min(-start, start + 1)\n        return tuple(run",
        "inside = Fraction(1, 2)\n        return tuple(run",
        AT_THE_END,
        "lemma-r",
    ),
    "scaling: error not scaled": Planted(
        "search",
        "    error = eps / scale\n",
        "    error = eps\n",
        n_of("lemma-r", law="2*uniform", lo="-1", hi="1"),
        "mixture-rule",
    ),
    "mixture: mask left out": Planted(
        "components", "weight=row.weight * keep", "weight=row.weight", MASKED, "mixture-rule"
    ),
    "mixture: one item more in every count": Planted(
        "binomial",
        "profile[min(m, last)]",
        "profile[min(m + m // 8, last)]",
        MASKED,
        "mixture-rule",
    ),
    "components: a weight twice too large": Planted(
        "components",
        '("1/2", "0.3237")',
        '("1/2", "0.6474")',
        n_of("lemma-r", law="normal*uniform", lo="-1/2", hi="1/2"),
        "uniform-components",
    ),
    "components: half products as whole ones": Planted(
        "components",
        "tuple(replace(c, weight=c.weight / 2) for c in PRODUCT)",
        "PRODUCT",
        n_of("lemma-r", law="relu(uniform)*uniform", lo="-1/2", hi="1/2"),
        "uniform-components",
    ),
    "components: an interval at its farther end": Planted(
        "components",
        "half = min(-lo, hi)",
        "half = max(-lo, hi)",
        n_of("lemma-r", law="uniform[-1/2,3/2]", lo="-1/4", hi="1/4"),
        "mixture-rule",
    ),
    "dynamic: loss left out": Planted(
        "search",
        "loss=(size - 1) ** 2 / (4 * size)",
        "loss=Fraction(0)",
        profile("1/4", 10),
        "dynamic-program",
    ),
    "dynamic: stops at twice the gap": Planted(
        "search",
        "stop=2 * gap / size",
        "stop=4 * gap / size",
        profile("1/10", 14),
        "dynamic-program",
    ),
    "dynamic: starts twice as wide": Planted(
        "search",
        "start=(reach + min(reach, inside)) / size",
        "start=2 * (reach + min(reach, inside)) / size",
        profile("1/10", 14),
        "dynamic-program",
    ),
    "dynamic: mean too large": Planted(
        "search", "kappa=size / 2", "kappa=size * 3 / 4", profile("1/10", 14), "dynamic-program"
    ),
    "dynamic: growth by half at most": Planted(
        "dynamic",
        "reach = np.minimum(2 * right, one)",
        "reach = np.minimum(3 * right // 2, one)",
        profile("1/10", 14),
        "dynamic-program",
    ),
    "dynamic: two steps for one": Planted(
        "dynamic",
        "pairs, old).ravel(), 0)",
        "pairs, old).ravel() * 7 // 8, 0)",
        profile("1/10", 14),
        "dynamic-program",
    ),
    "ordered: all items count as positive": Planted(
        "ordered",
        "mass / 2\n    step[0] += max(0.0, 1 - float(masses.sum()) / 2)",
        "mass\n    step[0] += max(0.0, 1 - float(masses.sum()))",
        ordered(12),
        "kakeya-sweep",
    ),
    "ordered: half as much mass again": Planted(
        "ordered",
        "        2 * float((b - a) * unit)",
        "        3 * float((b - a) * unit)",
        ordered(20, "1/2"),
        "kakeya-sweep",
    ),
    "ordered: mask left out": Planted(
        "ordered",
        "density_floor(law, b * unit) * keep",
        "density_floor(law, b * unit)",
        ordered(12, "3/4"),
        "kakeya-sweep",
    ),
    "ordered: gaps twice as wide": Planted(
        "ordered",
        "width = 2 * error",
        "width = 4 * error",
        ordered(20, eps="1/10", ends="0"),
        "kakeya-sweep",
    ),
    "ordered: one side only": Planted(
        "ordered",
        "sides[needs[0]] + sides[needs[1]]",
        "sides[needs[0]]",
        ordered(12),
        "kakeya-sweep",
    ),
    "ordered: ends nearer by another error": Planted(
        "ordered",
        "(hi - error, -lo - error)",
        "(hi - 3 * error / 2, -lo - 3 * error / 2)",
        ordered(12),
        "kakeya-sweep",
    ),
    "barrier: fits at the lower end": Planted(
        "ordered",
        "first = max(0, high - STEPS)",
        "first = max(0, low - STEPS)",
        ordered(20),
        "kakeya-sweep",
    ),
    "barrier: counts at the upper end": Planted(
        "ordered", "move = first + c * low", "move = first + c * high", ordered(20), "kakeya-sweep"
    ),
    "density: floor twice too high": Planted(
        "density",
        "return -x.log() / 2 if x < 1",
        "return -x.log() if x < 1",
        ordered(20, "1/2"),
        "kakeya-sweep",
    ),
    "widths: no union bound": Planted(
        "widths",
        "certified_n(entry, delta / sums, lo",
        "certified_n(entry, delta, lo",
        dense,
        "width-composition",
    ),
    "widths: entry errors doubled": Planted(
        "widths",
        "certified_n(entry, delta / sums, lo",
        "certified_n(2 * entry, delta / sums, lo",
        dense,
        "width-composition",
    ),
    "dense: depth left out": Planted(
        "networks",
        "error / (2 * depth * root_up(a * b))",
        "error / (2 * root_up(a * b))",
        dense,
        "width-composition",
    ),
    "dense: one sum a weight": Planted(
        "networks",
        "sums = sum(2 * a * b for a, b in pairs)",
        "sums = sum(a * b for a, b in pairs)",
        dense,
        "width-composition",
    ),
    "convolution: kernel left out": Planted(
        "networks",
        "error / (2 * depth * kernel**2 * a)",
        "error / (2 * depth * kernel * a)",
        convolution,
        "width-composition",
    ),
    "copies: errors not carried": Planted(
        "copied_layers",
        "carry *= sizes[layer - 1] * row.n",
        "carry *= sizes[layer - 1]",
        deep,
        "width-composition",
    ),
    "attention: heads left out": Planted(
        "networks",
        "error / (2 * heads * alpha**3 * d_in)",
        "error / (2 * alpha**3 * d_in)",
        attention,
        "width-composition",
    ),
    "reach: ends not nearer by eps": Planted(
        "reach_profile", "return self.hi - self.eps", "return self.hi", reach, "reach-floor", True
    ),
    "reach: both sides added": Planted(
        "reach_profile", "(short + low) - short * low", "(short + low)", reach, "reach-floor", True
    ),
    "reach: one item fewer on a side": Planted(
        "reach_profile",
        "short = above[i] if",
        "short = above[max(i - 1, 0)] if",
        reach,
        "reach-floor",
        True,
    ),
    "circle: stops at twice the gap": Planted(
        "circle", "stop=gap,", "stop=2 * gap,", circle, "circle-sums"
    ),
    "circle: starts twice as wide": Planted(
        "circle", "start=error - gap,", "start=2 * (error - gap),", circle, "circle-sums"
    ),
    "circle: grows twice as fast": Planted(
        "dynamic",
        "gain = self.kappa * v",
        "gain = 2 * self.kappa * v",
        circle,
        "dynamic-program",
    ),
    "base: sums dropped at their own goal": Planted(
        "outward",
        "size = max(1, need[core])",
        "size = max(1, need[0])",
        lambda c: float(c.outward.short("uniform", F(1), F(1, 2), F(1), 4, 6)[6]),
        "base-interval",
        step="the lattice of (c) rounds a(x) down",
    ),
    "base: large items fit with their lower end": Planted(
        "outward",
        "max(0, ends[j + 1] - width)",
        "max(0, ends[j] - width)",
        lambda c: float(c.outward.misfit("uniform*uniform", F(1, 4), F(3, 2), F(1), 6)[6]),
        "base-interval",
        step="an item in (b) counts with the lower end of its cell",
    ),
    "base: the two bounds of the product exchanged": Planted(
        "base_floor",
        "downs(self._row(s, s <= star))",
        "downs(self._row(s, s > star))",
        floor_of_six,
        "smoothed-density",
    ),
    "hits: half as many": Planted(
        "reach_hits",
        "(ONE * ONE << n)",
        "(ONE * ONE << n + 1)",
        hits(2),
        "reach-floor",
        True,
        step="hits of one item",
    ),
    "hits: no errors beyond the end": Planted(
        "reach_hits",
        "min(end + error + top, level)",
        "min(end + top, level)",
        hits(2),
        "reach-floor",
        True,
        step="hits of two",
    ),
    "hits: negative items not chosen among all": Planted(
        "reach_hits",
        "math.comb(n, i) * math.comb(n - i, j)",
        "math.comb(n, i)",
        hits(3),
        "reach-floor",
        True,
        step="word by word",
    ),
    "base: means a tenth too small": Planted(
        "base_means",
        "waves @ self._weighted / 2",
        "waves @ self._weighted / 2.2",
        base_chance,
        "smoothed-density",
        step="means against quadrature",
    ),
    "base: no oscillation beyond the last frequency": Planted(
        "base_means",
        "(self._chance[None, :] + near[:, None]) / 2",
        "(self._chance[None, :] + 0 * near[:, None]) / 2",
        base_noise,
        "smoothed-density",
        step="noise of six",
    ),
    "base: all of g for M and all for H": Planted(
        "base_means",
        "2 * (base.error - base.radius) * (1 - base.share) ** 2",
        "2 * (base.error - base.radius)",
        base_noise,
        "smoothed-density",
        step="noise of six",
    ),
    "base: gap twice as long": Planted(
        "base_means",
        "ball(2 * (base.error - base.radius)",
        "ball(4 * (base.error - base.radius)",
        base_noise,
        "smoothed-density",
        step="noise of six",
    ),
    "tilted: one half of an even law": Planted(
        "fourier_certificate",
        "2 * sum(parts)",
        "sum(parts)",
        lambda c: c.fourier_certificate.total(0.1, 0.1, [0.1]),
        "tilted-density",
        step="P(missed)",
    ),
    "tilted: cells end too early": Planted(
        "fourier_certificate",
        "whole + up(ball(after.start)) + MARGIN",
        "whole / 3 + up(ball(after.start)) + MARGIN",
        lambda c: float(tilted_cell(c).stops.sum()),
        "tilted-density",
        step="before the tabled stops",
    ),
    "tilted: places up to half of the way": Planted(
        "fourier_floor",
        "limits = stops + up(ball(reach)) + SLACK",
        "limits = stops / 2 + up(ball(reach)) / 2",
        tilted_floor,
        "tilted-density",
        step="above the tabled g",
    ),
    "tilted: least and greatest moduli exchanged": Planted(
        "fourier_floor",
        "near, far = self._factors()",
        "far, near = self._factors()",
        tilted_floor,
        "tilted-density",
        step="g is below every sum",
    ),
    "tilted: the statistic ends at one": Planted(
        "fourier_floor",
        "return np.concatenate([edges, beyond])",
        "return edges",
        steep_cells,
        "tilted-density",
        step="the cells of V/n",
    ),
    "tilted: means a tenth too small": Planted(
        "fourier_items",
        "size = w / 2 *",
        "size = w * 5 / 11 *",
        tilted_costs,
        "tilted-density",
        step="means of one item",
    ),
    "tilted: all of g for M and all for H": Planted(
        "fourier_means",
        "2 * (plan.error - plan.radius) * (1 - plan.share) ** 2",
        "2 * (plan.error - plan.radius)",
        tilted_costs,
        "tilted-density",
        step="localised noise",
    ),
    "tilted: noise only up to the last frequency": Planted(
        "fourier_means",
        "Fraction(0)) + self._beyond()",
        "Fraction(0))",
        tilted_costs,
        "tilted-density",
        step="localised noise",
    ),
    "tilted: majorants of half of the cell": Planted(
        "fourier_majorant",
        "int(width / h) + 2",
        "int(width / h / 2) + 2",
        narrow_majorant,
        "tilted-density",
        step="$T(a)",
    ),
    "few items: ties count as smaller": Planted(
        "reach_of_size",
        "counts[q - 1] * here + counts[q] * lower",
        "counts[q - 1] * here + counts[q] * (here + lower)",
        of_size,
        "reach-floor",
        True,
        step="the k largest",
    ),
    "few items: one of the k left out": Planted(
        "reach_of_size",
        "for left in range(k, 0, -1)",
        "for left in range(k - 1, -1, -1)",
        of_size,
        "reach-floor",
        True,
        step="the k largest",
    ),
    "vectors: one coordinate more": Planted(
        "reach_vectors",
        'targets="fixed")) ** d',
        'targets="fixed")) ** (d + 1)',
        lambda c: float(c.vector_floor(5, 2, "1/4", law="signs[1/2]")),
        "reach-floor",
        True,
        step="floors of vectors",
    ),
    "vectors: the sum reaches farther": Planted(
        "reach_vectors",
        "level = d * (abs(goal)",
        "level = (d + 1) * (abs(goal)",
        lambda c: float(c.vector_floor(8, 4, "1/4")),
        "reach-floor",
        True,
        step="floors of vectors",
    ),
    "vectors: a shorter sum of coordinates": Planted(
        "reach_sizes",
        "(y + size.count) / 2) - 1)",
        "(3 * y / 2 + size.count) / 2) - 1)",
        lambda c: float(c.vector_floor(8, 4, "1/4")),
        "reach-floor",
        True,
        step="sums of two coordinates",
    ),
    "counting: a sum serves eps": Planted(
        "counting",
        "while 2 * error * 2**n",
        "while error * 2**n",
        counting(),
        "counting-bound",
        True,
    ),
    "counting: the window twice": Planted(
        "counting",
        "2**n < high - low:",
        "2**n < 2 * (high - low):",
        counting(),
        "counting-bound",
        True,
    ),
    "counting: sign floor at half of delta": Planted(
        "counting",
        "Fraction(2, 2**floor) > failure",
        "Fraction(2, 2**floor) > failure / 2",
        counting(eps="1/10", delta="1/1000"),
        "sign-floor",
        True,
    ),
}


@pytest.fixture(scope="module")
def right() -> dict[str, float]:
    with fresh() as (certified, _):
        return {name: planted.shown(certified) for name, planted in PLANTED.items()}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_caught(name: str, right: dict[str, float]) -> None:
    planted = PLANTED[name]
    with fresh(planted) as (certified, proofs):
        shown = planted.shown(certified)
        unsafe = shown > right[name] if planted.necessary else shown < right[name]
        assert unsafe, f"shows {shown}, no more optimistic than {right[name]}"
        assert first_failure(proofs, planted) is not None


def test_the_package_is_as_before() -> None:
    import slt_theory
    from slt_theory import certified, proofs

    before = (certified, proofs, slt_theory.certified)
    with fresh(next(iter(PLANTED.values()))) as (planted, _):
        assert planted is not certified
    from slt_theory import certified as after

    assert (after, proofs, slt_theory.certified) == before
