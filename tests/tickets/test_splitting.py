"""Regions in pieces: they cover the region, and what is said of each holds in exact arithmetic."""

from __future__ import annotations

import itertools
import json
import threading
from dataclasses import replace
from fractions import Fraction
from math import prod
from types import SimpleNamespace

import numpy as np
import pytest
from exact_outputs import INPUTS, NET, built, exact, exact_error, lead
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.errors import BadInput, Stopped, TimeIsUp
from slt_theory.networks import Dense, save_npz
from slt_theory.subset_sum import parallel
from slt_theory.tickets import write_ticket
from slt_theory.tickets.around import Around
from slt_theory.tickets.checking import on_boxes, regions, splitting
from slt_theory.tickets.checking.backward import target_ranges
from slt_theory.tickets.checking.on_boxes import widest_axis
from slt_theory.tickets.checking.regions import OnRegion, certify_regions
from slt_theory.tickets.checking.splitting import Division, Facts
from slt_theory.tickets.domain import Ball, Box, Region

WHOLE = Region(INPUTS[0] - 0.1, INPUTS[0] + 0.1)
ASKED = Around(INPUTS[:1], 0.1, None, "around:x.npz,0.1")


@pytest.fixture(params=["many boxes at once", "one by one"])
def bounds(request, monkeypatch):
    """Bounds of many boxes at once, and those that every pair of networks has."""
    if request.param == "one by one":
        monkeypatch.setattr(on_boxes, "paired_layers", lambda *pair: None)
    monkeypatch.setattr(on_boxes, "_AT_ONCE", 1)
    return request.param


def stop_after(cuts: int, monkeypatch) -> None:
    """A clock on which `cuts` cuts take as many seconds."""
    ticks = itertools.count()
    monkeypatch.setattr(regions, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))


def cut(cuts: int, monkeypatch, asked=ASKED, start=None) -> tuple[OnRegion, Division]:
    """Facts about the region after so many cuts, and its pieces."""
    made: list[Division] = []

    def kept(*given, **named):
        made.append(splitting.split(*given, **named))
        return made[-1]

    stop_after(cuts, monkeypatch)
    monkeypatch.setattr(on_boxes, "split", kept)
    found = certify_regions(built(), NET, asked, seconds=cuts + 1, start=start)
    return found.points[0], made[-1]


def parts(made: Division) -> list[tuple[Region, OnRegion]]:
    """Every piece, and what is said of it alone."""
    found = []
    for k in made.pieces:
        facts = OnRegion(made.error[k], 0.0, made.kept[k], made.lead[k])
        found.append((Region(made.lo[k], made.hi[k]), facts))
    return found


def volume(region: Region) -> Fraction:
    ends = zip(region.lo.tolist(), region.hi.tolist(), strict=True)
    return prod(Fraction(hi) - Fraction(lo) for lo, hi in ends)


def covers(boxes: list[Region], whole: Region) -> bool:
    """Whether closed boxes inside of a box, disjoint up to their faces, have all of its volume."""
    inside = all((whole.lo <= b.lo).all() and (b.hi <= whole.hi).all() for b in boxes)
    apart = all(
        ((a.hi <= b.lo) | (b.hi <= a.lo)).any() for a, b in itertools.combinations(boxes, 2)
    )
    return inside and apart and sum(map(volume, boxes)) == volume(whole)


def grid(region: Region) -> list[np.ndarray]:
    """Corners, middles of faces and edges, the middle."""
    shares = itertools.product((0.0, 0.5, 1.0), repeat=region.lo.size)
    width = region.hi - region.lo
    return [np.clip(region.lo + width * np.array(s), region.lo, region.hi) for s in shares]


def refuted(region: Region, facts: OnRegion) -> int:
    """Claims about a region that a point of its grid refutes."""
    wrong = 0
    for x in grid(region):
        (best, margin), (other, _) = lead(exact(None, x)), lead(exact(built(), x))
        wrong += exact_error(built(), x) > Fraction(facts.error_bound)
        wrong += facts.margin > 0 and margin < Fraction(facts.margin)
        wrong += facts.class_kept and best != other
    return wrong


def false_claims(cuts: int, monkeypatch, start=None) -> int:
    """Claims about pieces and whole that are false; a gap between pieces is one."""
    try:
        facts, made = cut(cuts, monkeypatch, start=start)
    except ArithmeticError:
        return 1
    whole = certify_regions(built(), NET, ASKED).points[0]
    pieces, exact_ends = parts(made), ASKED.regions(Box(-1, 1), 3)[0]
    wrong = not covers([region for region, _ in pieces], exact_ends)
    wrong += facts.error_bound > whole.error_bound or facts.margin < whole.margin
    for region, own in pieces:
        wrong += refuted(region, own) + refuted(region, facts)
    return wrong + (facts.pieces != len(pieces))


@pytest.mark.parametrize("cuts", [0, 1, 6])
def test_no_point_refutes_a_piece_and_the_pieces_cover_the_region(cuts, bounds, monkeypatch):
    assert false_claims(cuts, monkeypatch) == 0


def _dropped(monkeypatch) -> None:
    real = Division.pieces.fget
    monkeypatch.setattr(Division, "pieces", property(lambda made: real(made)[1:] or real(made)))


def _gap(monkeypatch) -> None:
    real = Division.halves

    def apart(made, cut):
        below, (lo, hi) = real(made, cut)
        return below, (np.minimum(np.nextafter(lo, np.inf), hi), hi)

    monkeypatch.setattr(Division, "halves", apart)


def _smaller(monkeypatch) -> None:
    real = Division.facts

    def least(made, *, classes):
        bound = min(made.error[piece] for piece in made.pieces)
        return replace(real(made, classes=classes), error_bound=bound)

    monkeypatch.setattr(Division, "facts", least)


def _sibling(monkeypatch) -> None:
    real = Division.cut

    def lower(made, cut, facts):
        real(made, cut, facts)
        made.error[-2:] = [min(made.error[-2:]) / 4] * 2

    monkeypatch.setattr(Division, "cut", lower)


@pytest.mark.parametrize("plant", [_dropped, _gap, _smaller, _sibling])
def test_a_planted_error_is_caught(plant, monkeypatch):
    plant(monkeypatch)
    monkeypatch.setattr(on_boxes, "_AT_ONCE", 1)
    assert false_claims(6, monkeypatch)


def test_more_cuts_lower_the_bound_until_it_is_close_to_the_error_found(bounds, monkeypatch):
    facts = [cut(cuts, monkeypatch, Box(-1, 1))[0] for cuts in (0, 4, 16, 64)]
    errors, found = [f.error_bound for f in facts], [f.error_found for f in facts]
    assert errors == sorted(errors, reverse=True)
    assert found == sorted(found)
    assert errors[-1] < 0.6 * errors[0]
    facts = cut(10_000, monkeypatch)[0]
    assert facts.error_bound <= 1.05 * facts.error_found
    assert facts.pieces < 1_000


def test_the_same_cuts_again_say_the_same(bounds, monkeypatch):
    """Bounds are computed again: cuts are believed nothing, and further ones follow."""
    facts, made = cut(6, monkeypatch)
    assert len(made.cuts) == 6
    again, other = cut(0, monkeypatch, start=made.cuts)
    assert other.cuts == made.cuts
    assert (again.error_bound, again.pieces) == (facts.error_bound, 7)
    assert false_claims(2, monkeypatch, made.cuts) == 0
    assert cut(2, monkeypatch, start=made.cuts)[1].cuts == cut(8, monkeypatch)[1].cuts


@pytest.mark.parametrize("first", [0, 1e9])
def test_pieces_are_the_same_for_any_number_of_threads(first, monkeypatch):
    """Blocks of two pieces, on one thread and on three: every float is the same."""
    monkeypatch.setattr(on_boxes, "_BLOCK", 2)
    monkeypatch.setattr(on_boxes, "_COMPILED_FROM", first)
    made, used = list[Division](), set[int]()
    real = on_boxes.bounds_on_boxes

    def bounds(*given):
        used.add(threading.get_ident())
        return real(*given)

    monkeypatch.setattr(on_boxes, "bounds_on_boxes", bounds)
    for threads in (1, 3):
        monkeypatch.setattr(parallel, "thread_count", lambda _, count=threads: count)
        made.append(cut(8, monkeypatch)[1])
        assert (used == {threading.get_ident()}) == (threads == 1)
    ours, theirs = made
    assert len(ours.cuts) > 4
    for name in ("cuts", "error", "lead", "kept", "axis", "found"):
        assert getattr(ours, name) == getattr(theirs, name)


@pytest.mark.parametrize("wrong", [(-1, 0), (1, 0), (0, 3), (0, -1)])
def test_cuts_of_no_piece_are_refused(wrong):
    with pytest.raises(BadInput, match="is no piece of this box"):
        certify_regions(built(), NET, ASKED, start=[wrong])
    with pytest.raises(BadInput, match="cut before"):
        certify_regions(built(), NET, ASKED, start=[(0, 1), (0, 1)])
    narrow = np.array([0.25]), np.array([np.nextafter(0.25, 1)])
    with pytest.raises(BadInput, match="no number between"):
        splitting.split(*narrow, _bound_is_width, lambda: True, start=[(0, 0)])


def test_a_half_inherits_what_is_better_and_the_whole_has_what_is_worst():
    """Each fact is chosen by itself; the piece that was cut deepest need not be the worst."""
    for order in (1, -1):
        own = [(2.0, 0.5, -1.0, True, 0), (1.0, 0.75, 0.25, False, 0)][::order]
        made = Division([np.zeros(1)], [np.ones(1)], [1.5], [0.0], [False], [0], 0.25)
        made.cut((0, 0), iter(own))
        assert made.error[1:] == [1.5, 1.0][::order]
        assert made.lead[1:] == [0.0, 0.25][::order]
        assert made.kept[1:] == [True, False][::order]
        assert made.facts(classes=True) == OnRegion(1.5, 0.75, False, 0.0, 2)
        assert made.facts(classes=False) == OnRegion(1.5, 0.75, None, None, 2)
    made.kept[0] = True
    made.cut((1, 0), iter(own))
    assert made.pieces == [2, 3, 4]


def _bound_is_width(lo, hi) -> Facts:
    width, nothing = (hi - lo).max(axis=1), np.zeros(len(lo))
    return Facts(width, nothing, nothing, nothing > 0, np.argmax(hi - lo, axis=1))


@pytest.mark.parametrize("at_once", [(1, 1), (5, 5), (1, 5)])
def test_cutting_ends_where_every_piece_is_within(at_once):
    lo, hi = np.zeros(2), np.ones(2)
    made = splitting.split(lo, hi, _bound_is_width, lambda: True, within=0.25, at_once=at_once)
    assert len(made.pieces) == 16
    assert made.facts(classes=False).error_bound == 0.25


def test_cutting_ends_where_the_error_found_is_above():
    def certify(lo, hi):
        return _bound_is_width(lo, hi)._replace(found=hi[:, 0] * 0.75)

    made = splitting.split(np.zeros(2), np.ones(2), certify, lambda: True, within=0.5)
    assert (made.cuts, made.found) == ([], 0.75)


@pytest.mark.parametrize("after", [0, 1, 2])
def test_what_was_proved_outlasts_an_interruption(after):
    """Ctrl-C while boxes are certified: their parents' bounds stand, the cuts go on later."""
    calls = itertools.count()

    def certify(lo, hi):
        if next(calls) > after:
            raise KeyboardInterrupt
        return _bound_is_width(lo, hi)

    lo, hi = np.zeros(2), np.ones(2)
    made = splitting.split(lo, hi, certify, lambda: True)
    assert isinstance(made.stopped, KeyboardInterrupt)
    assert len(made.cuts) == after
    assert covers([Region(made.lo[k], made.hi[k]) for k in made.pieces], Region(lo, hi))
    assert all(made.error[k] >= (made.hi[k] - made.lo[k]).max() for k in made.pieces)
    calls = itertools.count(-100)
    more = splitting.split(lo, hi, _bound_is_width, lambda: True, start=made.cuts, within=0.25)
    assert more.cuts[:after] == made.cuts
    assert (len(more.pieces), more.stopped) == (16, None)


def test_an_interruption_keeps_the_regions_that_are_finished(monkeypatch):
    asked, real = Around(INPUTS, 0.1, None, "around:x.npz,0.1"), on_boxes.split

    def stop(lo, *given, **named):
        made = real(lo, *given, **named)
        if (lo <= INPUTS[2]).all() and (INPUTS[2] <= lo + 0.3).all():
            made.stopped = KeyboardInterrupt()
        return made

    monkeypatch.setattr(on_boxes, "split", stop)
    whole = certify_regions(built(), NET, replace(asked, inputs=INPUTS[:2])).points
    with pytest.raises(Stopped) as caught:
        certify_regions(built(), NET, asked)
    partial = caught.value.partial
    assert partial.points[:2] == whole
    assert len(partial.points) == 3
    assert partial.domain.endswith("(the first 3 of 5 regions)")


def test_a_coordinate_without_a_float_between_its_ends_is_not_cut():
    next_to = np.nextafter(0.25, 1)
    for lo, hi in ((0.25, next_to), (0.25, 0.25)):
        narrow = Region(np.array([lo, 0.0, lo]), np.array([hi, 1.0, hi]))
        assert widest_axis(NET, narrow, target_ranges(NET, narrow)) == 1
        point = Region(np.full(3, lo), np.full(3, hi))
        assert widest_axis(NET, point, target_ranges(NET, point)) is None
    huge = Region(np.full(3, -1.7e308), np.full(3, 1.7e308))
    with np.errstate(all="ignore"):
        axis = widest_axis(NET, huge, target_ranges(NET, huge))
    made = Division([huge.lo], [huge.hi], [1.0], [0.0], [False], [axis], 0.0)
    below, above = made.halves((0, axis))
    assert below[1][axis] == above[0][axis] == 0


def test_the_coordinate_that_spreads_the_outputs_most_is_cut():
    net = Dense([np.array([[1.0, 0.0, 9.0]]), np.array([[2.0]])], [None, np.zeros(1)])
    box = Region(np.full(3, -1.0), np.array([1.0, 4.0, 1.0]))
    assert widest_axis(net, box, target_ranges(net, box)) == 2


def test_balls_and_seconds_that_are_none_are_refused():
    with pytest.raises(BadInput, match="cuts boxes, no ball"):
        certify_regions(built(), NET, Ball(0.1), seconds=1)
    for wrong in (-1, float("nan")):
        with pytest.raises(BadInput, match=r"seconds = .*0 or more seconds"):
            certify_regions(built(), NET, ASKED, seconds=wrong)


def test_every_piece_is_told():
    told = []
    found = certify_regions(built(), NET, ASKED, seconds=1e-9, progress=told.append)
    assert (told, found.points[0].pieces) == ([1], 1)


def test_the_verb_says_how_many_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(on_boxes, "_AT_ONCE", 1)
    save_npz(NET, tmp_path / "net.npz")
    write_ticket(built(), tmp_path / "t.slt")
    given = ["ticket", "verify", str(tmp_path / "t.slt"), "--target", str(tmp_path / "net.npz")]
    stop_after(4, monkeypatch)
    result = CliRunner().invoke(app, [*given, "--domain", "box:-1,1", "--split", "5", "--json"])
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert [point["pieces"] for point in record["points"]] == [5]
    assert record["sup_error_bound"] < record["whole_domain"]["sup_error_bound"]
    stop_after(4, monkeypatch)
    text = CliRunner().invoke(app, [*given, "--domain", "box:-1,1", "--split", "5"]).stdout
    assert "(1 region in 5 pieces)" in text
    wrong = CliRunner().invoke(app, [*given, "--split", "5"])
    assert isinstance(wrong.exception, BadInput)


def test_the_verb_keeps_and_takes_up_its_cuts(tmp_path, monkeypatch):
    monkeypatch.setattr(on_boxes, "_AT_ONCE", 1)
    save_npz(NET, tmp_path / "net.npz")
    write_ticket(built(), tmp_path / "t.slt")
    given = ["ticket", "verify", str(tmp_path / "t.slt"), "--target", str(tmp_path / "net.npz")]
    given += ["--domain", "box:-1,1", "--cuts", str(tmp_path / "cuts.npz"), "--json"]
    stop_after(4, monkeypatch)
    first = CliRunner().invoke(app, [*given, "--split", "5"])
    again = CliRunner().invoke(app, given)
    points = [json.loads(result.stdout)["points"][0] for result in (first, again)]
    # Of pieces that were cut nothing is computed again, so what was found there is not.
    assert points[0].pop("error_found") >= points[1].pop("error_found")
    assert points[0] == points[1]
    assert points[0]["pieces"] == 5


@pytest.mark.parametrize("code", [130, 5])
def test_the_verb_says_what_was_proved_when_it_is_stopped(code, tmp_path, monkeypatch):
    save_npz(NET, tmp_path / "net.npz")
    write_ticket(built(), tmp_path / "t.slt")
    real, calls = on_boxes.bounds_on_boxes, itertools.count()

    def stop(*given):
        if next(calls) == 2:
            raise KeyboardInterrupt if code == 130 else TimeIsUp(1.0)
        return real(*given)

    monkeypatch.setattr(on_boxes, "bounds_on_boxes", stop)
    given = ["ticket", "verify", str(tmp_path / "t.slt"), "--target", str(tmp_path / "net.npz")]
    given += ["--domain", "box:-1,1", "--split", "60"]
    result = CliRunner().invoke(app, [*given, "--json"])
    record = json.loads(result.stdout)
    assert result.exit_code == code
    assert (record["ok"], [point["pieces"] for point in record["points"]]) == (True, [2])
    assert record["stopped"]
    calls = itertools.count()
    assert "this is what was done so far" in CliRunner().invoke(app, given).stdout
