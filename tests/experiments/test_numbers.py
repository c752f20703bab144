"""Fits, bounds, layouts and comparisons."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from slt_theory.errors import BadInput
from slt_theory.experiments.bounds import bound_numbers
from slt_theory.experiments.comparison import compare_bounds, comparison_markdown
from slt_theory.experiments.fits import FitPoint, fit_constant, fit_linear
from slt_theory.experiments.widths import network_cost
from slt_theory.theorems import get
from slt_theory.theorems.networks import (
    direct,
    one_more_layer,
    parse_architecture,
    two_layer,
)


def test_a_fit_recovers_its_constants_and_says_when_the_model_is_wrong() -> None:
    points = [
        FitPoint(
            {"x": x, "y": y},
            round(3 * x + 5 * y + 0.5),
            round(3 * x + 5 * y),
            round(3 * x + 5 * y + 1),
        )
        for x in (4.0, 8.0, 16.0)
        for y in (1.0, 2.0, 5.0)
    ]
    fit = fit_linear("3x + 5y", ("a", "b"), lambda at: [at["x"], at["y"]], points)
    for name, value in (("a", 3), ("b", 5)):
        middle, low, high = fit.constants[name]
        assert low <= value <= high
        assert abs(middle - value) < 0.1
    assert fit.good
    assert fit.inside == len(points)
    wrong = fit_linear("a x", ("a",), lambda at: [at["x"]], points)
    assert not wrong.good
    assert wrong.scatter > 3
    with pytest.raises(BadInput):
        fit_linear("a x", ("a",), lambda at: [at["x"]], points[:1])


def test_constants_are_fitted_for_statements_about_sums_only() -> None:
    fit = fit_constant(get("lueker1998-rss"), trials=300)
    assert fit is not None
    value, low, high = fit.constants["C"]
    assert 1 < low < value < high < 6
    assert fit_constant(get("malach2020-weights")) is None
    assert fit_constant(get("slt-rss-counting")) is None
    assert fit_constant(get("natale2024-fixed-size")) is None


def test_layouts_count_weights() -> None:
    layers = parse_architecture("3-4-2")
    two = two_layer(layers, 5)
    assert two.depth == 4
    assert two.widths == (15, 4, 20)
    assert two.weights == 15 * 3 + 4 * 15 + 20 * 4 + 2 * 20
    assert two.mask_bits == 5 * (12 + 8)
    one = one_more_layer(layers, 5)
    assert one.depth == 3
    assert one.widths == (15, 20)
    assert one.weights == 15 * 3 + 20 * 15 + 2 * 20
    assert direct(layers, 5).weights == 5 * 20
    with pytest.raises(BadInput, match="lenet5"):
        parse_architecture("3-x")


def test_three_numbers_stand_in_order() -> None:
    numbers = bound_numbers("lueker1998-rss", eps=Fraction(1, 20), delta=0.1, trials=500)
    assert numbers.counting is not None
    assert numbers.measured is not None
    assert numbers.certified is not None
    assert numbers.necessary is not None
    assert numbers.counting < numbers.necessary <= numbers.measured <= numbers.certified
    assert numbers.necessary_proof == "reach-floor"
    assert numbers.statistical is not None
    assert numbers.necessary <= numbers.statistical <= numbers.certified
    assert numbers.statistical_row == "uniform:0.05:1"
    assert numbers.fitted is not None
    assert 0.5 * numbers.measured < numbers.fitted < 2 * numbers.measured
    assert numbers.proof is not None
    assert numbers.stated is None


def test_a_named_formula_is_stated() -> None:
    numbers = bound_numbers("slt-lemma-r", eps=Fraction(1, 50), delta=0.01, trials=0)
    assert numbers.stated == 97
    malach = bound_numbers(
        "malach2020-weights",
        eps=Fraction(1, 10),
        delta=0.1,
        parameters={"d": "10", "n": "10", "l": "2"},
        trials=0,
    )
    assert malach.stated == 100 * math.ceil(64 * 100 * 10 * 4 / 0.01 * math.log(2 * 200 / 0.1))
    assert malach.certified is None


def test_copies_are_counted_in_the_union_bound() -> None:
    layers = parse_architecture("6-5-3")
    construction = get("burkholz2022-depth").construction
    assert construction is not None
    assert construction.sums(layers, 7) == 2 * 7 * 30 + 15
    cost = network_cost(
        get("burkholz2022-depth"), layers, eps=Fraction(1, 10), network_eps=None, delta=0.1
    )
    assert cost is not None
    assert cost.certified is not None
    assert cost.sums == construction.sums(layers, cost.certified)


def test_a_network_is_shared_out_over_its_sums() -> None:
    layers = parse_architecture("6-5-3")
    cost = network_cost(
        get("pensia2020-two-layer"), layers, eps=None, network_eps=Fraction(1, 2), delta=0.1
    )
    assert cost is not None
    assert cost.sums == 2 * (30 + 15)
    assert cost.entry_eps <= Fraction(1, 2) / (4 * 5)
    assert cost.certified is not None
    assert cost.at_certified is not None
    assert cost.at_certified["widths"] == [6 * cost.certified, 5, 5 * cost.certified]
    assert network_cost(get("lueker1998-rss"), layers, eps=1, network_eps=None, delta=0.1) is None
    with pytest.raises(BadInput):
        network_cost(get("pensia2020-two-layer"), layers, eps=1, network_eps=1, delta=0.1)


@pytest.mark.parametrize("arch", ["6-5-3", "lenet5"])
def test_comparison_has_a_row_for_every_layout(arch: str) -> None:
    rows = compare_bounds(parse_architecture(arch), eps=Fraction(1, 10), delta=0.1, trials=1000)
    ids = [row.theorem for row in rows]
    expected = {"malach2020-weights", "dacunha2022-cnn", "ferbach2023-equivariant"}
    assert set(ids) >= expected | ({"pensia2020-two-layer"} if arch == "6-5-3" else set())
    for row in rows:
        if row.n_certified is not None and row.n_measured is not None:
            assert row.n_counting is not None
            assert row.n_necessary is not None
            assert row.n_counting <= row.n_necessary
            assert row.n_counting <= row.n_measured <= row.n_certified
            assert row.certified is not None
    bounds = {row.theorem: row for row in rows}
    needed = bounds["pensia2020-lower-bound"].counting
    assert needed is not None
    assert all(row.measured is None or row.measured.weights >= needed.weights for row in rows)
    text = comparison_markdown("title", rows)
    assert all(f"`{name}`" in text for name in ids)


def test_a_parameter_that_nothing_reads_is_refused_by_name():
    with pytest.raises(BadInput, match=r"widht=3.*not read by gadhikar2023-network.*arch"):
        bound_numbers(
            "gadhikar2023-network", eps=0.1, delta=0.1, parameters={"widht": "3"}, trials=0
        )


@pytest.mark.parametrize(
    ("name", "targets"),
    [("otsuka2026-two-for-one", "random"), ("lueker1998-rss", "all")],
)
def test_a_measured_number_says_of_which_targets_it_is(name, targets):
    """A random target may be reached with fewer than are necessary for the worst one."""
    found = bound_numbers(name, eps="1/10", delta=0.1, trials=1000)
    assert found.measured_targets == targets
    assert found.measured_interval is not None
    assert found.necessary is not None
    easier = found.measured_interval[1] < found.necessary
    assert easier == (targets == "random")
    assert bound_numbers(name, eps="1/10", delta=0.1, trials=0).measured_targets is None
