"""Certificates of regions hold in exact arithmetic: errors, margins, classes."""

from __future__ import annotations

import itertools
import json
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.errors import BadInput
from slt_theory.lattice import PRODUCT_BITS
from slt_theory.networks import Dense, save_npz
from slt_theory.tickets import Ticket, build_ticket, write_ticket
from slt_theory.tickets.around import Around, parse_asked
from slt_theory.tickets.checking import regions
from slt_theory.tickets.checking.effective import effective_block
from slt_theory.tickets.checking.regions import certify_regions
from slt_theory.tickets.domain import Ball, Box

RNG = np.random.default_rng(5)
NET = Dense(
    [RNG.normal(0, 0.5, (6, 3)), RNG.normal(0, 0.5, (5, 6)), RNG.normal(0, 0.6, (3, 5))],
    [RNG.normal(0, 0.2, 6), None, RNG.normal(0, 0.1, 3)],
)
INPUTS = RNG.uniform(-0.85, 0.85, (5, 3))
Row = list[Fraction]


@pytest.fixture(scope="module")
def ticket() -> Ticket:
    built = build_ticket(NET, eps=0.02, seed=3, domain="box:-1,1")
    KNOWN[built.digest] = built
    return built


def around(radius: float, *, box: Box | None = None) -> Around:
    return Around(INPUTS, radius, box, f"around:x.npz,{radius}")


def _layer(matrix: list[Row], other: list[Row], x: Row) -> Row:
    return [
        sum((w if v >= 0 else u) * v for w, u, v in zip(row, also, x, strict=False))
        for row, also in zip(matrix, other, strict=True)
    ]


def _fractions(matrix: np.ndarray, unit: Fraction = Fraction(1)) -> list[Row]:
    return [[Fraction(number) * unit for number in row] for row in matrix.tolist()]


@cache
def _layers(digest: bytes) -> list[tuple[list[Row], list[Row]]]:
    """Slopes for inputs >= 0 and <= 0 of every layer, as fractions."""
    ticket, layers = KNOWN[digest], []
    for k in range(len(ticket.blocks)):
        effective = effective_block(ticket, k)
        unit = Fraction(2) ** (effective.scale_exponent - PRODUCT_BITS)
        sums = effective.positive if effective.negative is None else effective.negative
        layers.append((_fractions(effective.positive, unit), _fractions(sums, unit)))
    return layers


KNOWN: dict[bytes, Ticket] = {}
TARGET = [(_fractions(NET.matrix(k)),) * 2 for k in range(NET.depth)]


def exact(ticket: Ticket | None, x: np.ndarray) -> Row:
    """Outputs of the target, or of the ticket, at one input in fractions."""
    layers = TARGET if ticket is None else _layers(ticket.digest)
    values = [Fraction(number) for number in x.tolist()]
    for k, (bias, (matrix, other)) in enumerate(zip(NET.biases, layers, strict=True)):
        if k:
            values = [max(v, Fraction(0)) for v in values]
        if bias is not None:
            values = [*values, Fraction(1)]
        values = _layer(matrix, other, values)
    return values


def exact_error(ticket: Ticket, x: np.ndarray) -> Fraction:
    pairs = zip(exact(ticket, x), exact(None, x), strict=True)
    return max(abs(a - b) for a, b in pairs)


def probes(region, count: int = 12) -> list[np.ndarray]:
    lo, hi = region.ends(3)
    corners = [np.where(signs, hi, lo) for signs in itertools.product((0, 1), repeat=3)]
    return [*corners, *np.clip(np.random.default_rng(1).uniform(lo, hi, (count, 3)), lo, hi)]


def lead(values: Row) -> tuple[int, Fraction]:
    best = max(range(len(values)), key=values.__getitem__)
    return best, values[best] - max(v for k, v in enumerate(values) if k != best)


def test_at_single_inputs_bound_and_found_enclose_the_exact_error_closely(ticket):
    found = certify_regions(ticket, NET, around(0))
    assert len(found.points) == len(INPUTS)
    for x, point in zip(INPUTS, found.points, strict=True):
        error = exact_error(ticket, x)
        assert Fraction(point.error_found) <= error <= Fraction(point.error_bound)
        assert point.error_bound <= 1.05 * point.error_found
        (best, margin), (other, _) = lead(exact(None, x)), lead(exact(ticket, x))
        assert margin * Fraction(99, 100) <= Fraction(point.margin) <= margin
        assert point.class_kept == (best == other)
    assert found.sup_error_bound == max(point.error_bound for point in found.points)
    assert found.agreement == np.mean([point.class_kept for point in found.points])


def false_claims(ticket: Ticket, radius: float) -> int:
    """Claims that some input of its region refutes in exact arithmetic."""
    asked = around(radius, box=Box(-0.9, 0.9))
    wrong = 0
    found = certify_regions(ticket, NET, asked)
    for region, point in zip(asked.regions(Box(-1, 1), 3), found.points, strict=True):
        wrong += point.error_found > point.error_bound
        for x in probes(region):
            ours, theirs = exact(ticket, x), exact(None, x)
            wrong += exact_error(ticket, x) > Fraction(point.error_bound)
            wrong += point.margin > 0 and lead(theirs)[1] < Fraction(point.margin)
            wrong += point.class_kept and lead(ours)[0] != lead(theirs)[0]
    return wrong


@pytest.mark.parametrize("radius", [1e-6, 0.01, 0.3])
def test_no_input_of_a_region_refutes_its_certificate(ticket, radius):
    assert false_claims(ticket, radius) == 0


@pytest.mark.parametrize("fault", ["margins", "bounds"])
def test_a_planted_error_is_caught(ticket, fault, monkeypatch):
    if fault == "margins":
        real = regions.largest_forms
        monkeypatch.setattr(regions, "largest_forms", lambda *a: real(*a) - 0.1)
    else:
        monkeypatch.setattr(regions, "relaxed_bound", lambda *a, **k: 1e-4)
    assert false_claims(ticket, 0.01)


def test_smaller_regions_have_smaller_bounds_and_more_classes_kept(ticket):
    bounds = [certify_regions(ticket, NET, around(r)).sup_error_bound for r in (0, 0.02, 0.2)]
    assert bounds == sorted(bounds)
    assert certify_regions(ticket, NET, around(0.001)).agreement == 1


def test_boxes_and_balls_are_cut_to_the_domain(ticket):
    whole = certify_regions(ticket, NET, Box(-5, 5)).points
    assert whole == certify_regions(ticket, NET, Box(-1, 1)).points
    assert certify_regions(ticket, NET, Ball(0.1)).sup_error_bound < whole[0].error_bound
    with pytest.raises(BadInput, match="no point in box:-1,1"):
        certify_regions(ticket, NET, Box(2, 3))
    far = Around(np.full((1, 3), 1.2), 0.1, None, "around:far.npz,0.1")
    with pytest.raises(BadInput, match=r"input 0 of around:far\.npz"):
        certify_regions(ticket, NET, far)
    with pytest.raises(BadInput, match="the target takes 3"):
        certify_regions(ticket, NET, Around(np.zeros((1, 2)), 0.1, None, "around:two.npz,0.1"))


def test_a_ticket_of_another_target_is_refused(ticket):
    with pytest.raises(BadInput, match="hashes differ"):
        certify_regions(ticket, Dense([w * 2 for w in NET.weights], NET.biases), around(0))


def test_files_of_inputs(tmp_path):
    np.savez(tmp_path / "a.npz", x=INPUTS, y=[1, 2])
    np.savez(tmp_path / "b.npz", images=INPUTS.reshape(5, 3, 1))
    np.save(tmp_path / "c.npy", INPUTS)
    for name in ("a.npz", "b.npz", "c.npy"):
        asked = parse_asked(f"around:{tmp_path / name},1/4,-1,1")
        assert np.array_equal(asked.inputs, INPUTS)
        assert (asked.radius, asked.box, asked.hull) == (0.25, Box(-1, 1), Box(-1, 1))
    np.savez(tmp_path / "d.npz", a=INPUTS, b=INPUTS)
    np.savez(tmp_path / "e.npz", x=np.array([["1", "2"]]))
    np.savez(tmp_path / "f.npz", x=np.array([[np.nan, 1]]))
    (tmp_path / "g.npz").write_bytes(b"no archive")
    wrong = {
        "d": "none is called inputs",
        "e": "no numbers of inputs",
        "f": "not finite",
        "g": "be read",
    }
    for name, reason in {**wrong, "missing": "be read"}.items():
        with pytest.raises(BadInput, match=reason):
            parse_asked(f"around:{tmp_path / name}.npz,0")
    for text in (
        "around:x.npz",
        "around:x.npz,-1",
        "around:x.npz,1,2",
        "around:x.npz,1,3,2",
        "b:1",
    ):
        with pytest.raises(BadInput):
            parse_asked(text)


def test_the_verbs_say_what_is_certain_of_the_regions(ticket, tmp_path):
    np.savez(tmp_path / "x.npz", x=INPUTS)
    save_npz(NET, tmp_path / "net.npz")
    write_ticket(ticket, tmp_path / "t.slt")
    given = ["ticket", "verify", str(tmp_path / "t.slt"), "--target", str(tmp_path / "net.npz")]
    asked = ["--domain", f"around:{tmp_path / 'x.npz'},0.001", "--certify", "agreement"]
    result = CliRunner().invoke(app, [*given, *asked, "--json"])
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record["ok"] is True
    assert record["agreement"] == 1
    assert record["domain"] == asked[1]
    assert set(record["points"][0]) == {"error_bound", "error_found", "class_kept", "margin"}
    assert record["sup_error_bound"] == max(p["error_bound"] for p in record["points"])
    assert record["whole_domain"]["domain"] == "box:-1,1"
    assert record["whole_domain"]["sup_error_bound"] > record["sup_error_bound"]
    text = CliRunner().invoke(app, [*given, *asked]).stdout
    assert "the same class, provably, on 5 of 5 regions" in text
    for wrong in (["--certify", "agreement"], [*asked[:2], "--certify", "all"]):
        assert isinstance(CliRunner().invoke(app, [*given, *wrong]).exception, BadInput)


def test_a_build_for_regions_has_the_box_around_them_as_its_domain(tmp_path):
    np.savez(tmp_path / "x.npz", x=INPUTS)
    save_npz(NET, tmp_path / "net.npz")
    given = ["ticket", "build", "--target", str(tmp_path / "net.npz"), "--eps", "0.05", "--json"]
    asked = ["--domain", f"around:{tmp_path / 'x.npz'},0.01,-1,1", "--out", str(tmp_path / "t.slt")]
    result = CliRunner().invoke(app, [*given, *asked])
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert record["whole_domain"]["domain"] == "box:-1,1"
    assert len(record["points"]) == len(INPUTS)


def test_a_bound_that_says_nothing_says_so(tmp_path):
    wide = Dense([w * 3 for w in NET.weights], NET.biases)
    save_npz(wide, tmp_path / "net.npz")
    given = ["--target", str(tmp_path / "net.npz"), "--domain", "box:-1,1"]
    build = ["ticket", "build", *given, "--out", str(tmp_path / "t.slt"), "--eps"]
    assert "says nothing" in CliRunner().invoke(app, [*build, "0.9"]).stdout
    assert "says nothing" not in CliRunner().invoke(app, [*build, "0.001"]).stdout
