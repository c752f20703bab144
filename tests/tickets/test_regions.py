"""Certificates of regions hold in exact arithmetic: errors, margins, classes."""

from __future__ import annotations

import itertools
import json
from dataclasses import fields
from fractions import Fraction

import numpy as np
import pytest
from exact_outputs import INPUTS, NET, RNG, built, exact, exact_error, lead
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.errors import BadInput
from slt_theory.networks import Dense, save_npz
from slt_theory.tickets import Ticket, build_ticket, write_ticket
from slt_theory.tickets.around import Around, parse_asked
from slt_theory.tickets.checking import at_points, on_boxes, output_ends, regions
from slt_theory.tickets.checking.network_pair import NetworkPair
from slt_theory.tickets.checking.regions import OnRegion, certify_regions
from slt_theory.tickets.checking.unrolled import run_source, target_maps
from slt_theory.tickets.domain import Ball, Box


@pytest.fixture(scope="module")
def ticket() -> Ticket:
    return built()


def around(radius: float, *, box: Box | None = None) -> Around:
    return Around(INPUTS, radius, box, f"around:x.npz,{radius}")


def probes(region, count: int = 12) -> list[np.ndarray]:
    lo, hi = region.ends(3)
    corners = [np.where(signs, hi, lo) for signs in itertools.product((0, 1), repeat=3)]
    return [*corners, *np.clip(np.random.default_rng(1).uniform(lo, hi, (count, 3)), lo, hi)]


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
    try:
        found = certify_regions(ticket, NET, asked)
    except ArithmeticError:
        return 1
    for region, point in zip(asked.regions(Box(-1, 1), 3), found.points, strict=True):
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
        real = on_boxes.largest_forms
        monkeypatch.setattr(on_boxes, "largest_forms", lambda *a: real(*a) - 0.1)
    else:
        monkeypatch.setattr(on_boxes, "relaxed_bound", lambda *a, **k: 1e-4)
    assert false_claims(ticket, 0.01)


@pytest.mark.parametrize("best", [0, 1, 2])
def test_a_class_is_kept_exactly_where_no_ticket_within_the_bounds_loses_it(best):
    """Small integers: the worst ticket is the target, its leads at their least, moved to an end."""
    rng, seen = np.random.default_rng(best), set()
    for _ in range(2000):
        leads = rng.integers(-1, 7, 2).astype(float)
        low = rng.integers(-3, 2, 3).astype(float)
        last = low, low + rng.integers(0, 5, 3)
        bound = float(rng.integers(0, 5))
        others = [j for j in range(3) if j != best]
        kept = [
            lead > 0 and lead > min(last[1][j] - last[0][best], 2 * bound)
            for j, lead in zip(others, leads, strict=True)
        ]
        # Bounds are rounded up: what leads by exactly the loss is not kept.
        assert on_boxes._class_kept(leads, bound, last, best) == all(kept)
        assert on_boxes._class_kept(leads, bound, None, best) == bool((leads > 2 * bound).all())
        seen.add((all(kept), bool((leads > 0).all())))
    assert seen == {(True, True), (False, True), (False, False)}
    unknown = np.full(3, -np.inf), np.full(3, np.inf)
    with np.errstate(invalid="ignore"):
        for last in (unknown, (unknown[1], unknown[1])):
            assert not on_boxes._class_kept(np.ones(2), np.inf, last, best)


def test_what_is_said_of_an_input_is_all_that_its_balls_say(monkeypatch):
    """Balls of small integers: every pair of outputs within them is tried."""
    rng = np.random.default_rng(7)
    kept, pair = set(), NetworkPair(NET, target_maps(NET), [])
    for _ in range(150):
        lows = rng.integers(-4, 5, (2, 3))
        highs = lows + rng.integers(0, 3, (2, 3))
        given = list(zip(lows.astype(float)[:, None], highs.astype(float)[:, None], strict=True))
        monkeypatch.setattr(at_points, "both_ends", lambda *a, given=given: given)
        (said,) = at_points.at_points(pair, np.zeros((1, 3)))
        ours, theirs = (
            np.array(list(itertools.product(*map(range, low, high + 1))))
            for low, high in zip(lows, highs, strict=True)
        )
        errors = abs(ours[:, None] - theirs).max(axis=2)
        classes = {int(np.argmax(z)) if (z == z.max()).sum() == 1 else -1 for z in (*ours, *theirs)}
        assert 0 <= said.error_bound - errors.max() <= 1e-4
        assert 0 <= errors.min() - said.error_found <= 1e-4
        assert said.class_kept == (len(classes) == 1 and classes != {-1})
        if said.margin > 0:
            assert min(lead(z.tolist())[1] for z in theirs) >= said.margin
        kept.add(said.class_kept)
    assert kept == {True, False}


def test_balls_hold_the_exact_outputs_where_a_float_does_not():
    """Cancellation makes roundings large; a ball without its radius would lose some of them."""
    x = np.random.default_rng(8).uniform(-1, 1, (300, 3))
    low, high = output_ends._balls(NET, target_maps(NET), x)
    values = run_source(NET, target_maps(NET), x)[-1]
    lost = 0
    for k, point in enumerate(x):
        for j, value in enumerate(exact(None, point)):
            assert Fraction(low[k, j]) <= value <= Fraction(high[k, j])
            near = np.nextafter(values[k, j], [-np.inf, np.inf]).tolist()
            lost += not Fraction(near[0]) <= value <= Fraction(near[1])
    assert lost > 10
    huge = Dense([np.full((2, 3), 1e200), np.full((2, 2), 1e200)], [None, None])
    with np.errstate(over="ignore", invalid="ignore"):
        low, high = output_ends._balls(huge, target_maps(huge), np.ones((1, 3)))
    assert (low == -np.inf).all()
    assert (high == np.inf).all()


def test_equal_outputs_are_no_class():
    """A pruned last layer, and one that names a class twice: no output leads alone."""
    first = RNG.normal(0, 0.5, (4, 3))
    twice = np.vstack([np.ones((2, 4)), -np.ones((1, 4))])
    for last in (np.zeros((3, 4)), twice):
        target = Dense([first, last], [None, None])
        ticket = build_ticket(target, eps=0.05, seed=1, domain="box:-1,1")
        for radius in (0.0, 0.01):
            found = certify_regions(ticket, target, around(radius))
            assert found.agreement == 0
            assert all(point.margin <= 0 for point in found.points)


def test_smaller_regions_have_smaller_bounds_and_more_classes_kept(ticket):
    bounds = [certify_regions(ticket, NET, around(r)).sup_error_bound for r in (0, 0.02, 0.2)]
    assert bounds == sorted(bounds)
    assert certify_regions(ticket, NET, around(0.001)).agreement == 1


def test_boxes_and_balls_are_cut_to_the_domain(ticket):
    whole = certify_regions(ticket, NET, Box(-5, 5)).points
    assert whole == certify_regions(ticket, NET, Box(-1, 1)).points
    assert whole == certify_regions(ticket, NET, Ball(5)).points
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
    assert set(record["points"][0]) == {field.name for field in fields(OnRegion)}
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


def test_a_bound_of_a_region_that_says_nothing_names_the_ways_out(tmp_path, monkeypatch):
    monkeypatch.setattr(regions, "output_spread", lambda *_: 1e-4)
    save_npz(NET, tmp_path / "net.npz")
    np.savez(tmp_path / "x.npz", x=np.zeros((2, 3)))
    given = ["--target", str(tmp_path / "net.npz"), "--eps", "0.1"]
    for radius, said in (("0.1", True), ("0", False)):
        around = ["--domain", f"around:{tmp_path / 'x.npz'},{radius},-1,1"]
        build = ["ticket", "build", *given, *around, "--out", str(tmp_path / f"{radius}.slt")]
        shown = CliRunner().invoke(app, build).stdout
        assert ("on 2 of 2 regions the bound says nothing" in shown) == said
        assert ("a smaller radius says more, radius 0" in shown) == said


def test_a_bound_that_says_nothing_says_so(tmp_path):
    wide = Dense([w * 3 for w in NET.weights], NET.biases)
    save_npz(wide, tmp_path / "net.npz")
    given = ["--target", str(tmp_path / "net.npz"), "--domain", "box:-1,1"]
    build = ["ticket", "build", *given, "--out", str(tmp_path / "t.slt"), "--eps"]
    assert "says nothing" in CliRunner().invoke(app, [*build, "0.9"]).stdout
    assert "says nothing" not in CliRunner().invoke(app, [*build, "0.001"]).stdout
    save_npz(Dense([0 * w for w in NET.weights]), tmp_path / "net.npz")
    pruned = CliRunner().invoke(app, [*build, "0.05"]).stdout
    assert "certified" in pruned
    assert "says nothing" not in pruned
