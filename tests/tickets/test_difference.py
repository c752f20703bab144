"""The difference of two networks on a box: held in fractions, decided, stopped and gone on with."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
from exact_outputs import INPUTS, NET, built
from typer.testing import CliRunner

import slt_theory as slt
from slt_theory.cli import app
from slt_theory.errors import BadInput, Stopped, TimeIsUp, UnreadableFile
from slt_theory.networks import Conv, Dense, save_npz
from slt_theory.networks.low_precision import rounded
from slt_theory.networks.nnet import read_normalised
from slt_theory.tickets import difference, write_ticket
from slt_theory.tickets.checking import network_pair, on_boxes
from slt_theory.tickets.cuts_file import read_cuts, write_cuts
from slt_theory.tickets.region_file import read_region

RNG = np.random.default_rng(21)
LO, HI = INPUTS[0] - 0.2, INPUTS[0] + 0.1
NNET = """// a comment
2,2,1,3,
2,3,1,
0,
0.0,-1.0,
10.0,1.0,
5.0,0.25,7.0,
4.0,0.5,2.0,
0.1,-0.7
0.3,0.9
-0.6,0.2
0.5
-0.25
0.125
1.1,-2.3,0.7
0.2
"""


def exact(network: Dense, x: list[Fraction]) -> list[Fraction]:
    for k, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        if k:
            x = [max(v, Fraction(0)) for v in x]
        rows = [[Fraction(w) for w in row] for row in weight.tolist()]
        shift = [Fraction(0)] * len(rows) if bias is None else map(Fraction, bias.tolist())
        pairs = zip(rows, shift, strict=True)
        x = [sum((w * v for w, v in zip(row, x, strict=True)), b) for row, b in pairs]
    return x


def pruned() -> Dense:
    return replace(NET, weights=tuple(w * (np.abs(w) > 0.2) for w in NET.weights))


def refuted(a: Dense, b: Dense, lo: np.ndarray, hi: np.ndarray, **given) -> int:
    """Points of a grid and of chance that show a larger difference than the bound."""
    try:
        facts, wrong = slt.difference(a, b, (lo, hi), **given).facts, 0
    except ArithmeticError:
        return 1
    shares = [*itertools.product((0.0, 0.5, 1.0), repeat=len(lo)), *RNG.random((50, len(lo)))]
    for share in shares:
        x = [Fraction(v) for v in np.clip(lo + (hi - lo) * np.array(share), lo, hi).tolist()]
        pairs = zip(exact(a, x), exact(b, x), strict=True)
        wrong += max(abs(p - q) for p, q in pairs) > Fraction(facts.error_bound)
    return wrong


@pytest.mark.parametrize("way", ["many boxes at once", "one by one"])
@pytest.mark.parametrize("other", ["float16", "pruned", "other"])
def test_no_point_has_a_larger_difference(way, other, monkeypatch):
    if way == "one by one":
        monkeypatch.setattr(on_boxes, "paired_layers", lambda *pair: None)
    moved = replace(NET, weights=tuple(w + RNG.normal(0, 0.1, w.shape) for w in NET.weights))
    b = {"float16": rounded(NET, "float16"), "pruned": pruned(), "other": moved}[other]
    assert refuted(NET, b, LO, HI) == 0
    given = {"within": slt.difference(NET, b, (LO, HI)).facts.error_found * 1.1, "seconds": 1e6}
    assert refuted(NET, b, LO, HI, **given) == 0


def test_a_forgotten_bias_is_caught(monkeypatch):
    real = network_pair.Gap
    lost = lambda wiring, one, other, shift, slack: real(wiring, one, other, 0 * shift, slack)  # noqa: E731
    monkeypatch.setattr(network_pair, "Gap", lost)
    b = replace(NET, biases=(None, None, NET.biases[2]))
    assert refuted(NET, b, LO, LO)


def test_what_subtraction_rounds_is_charged():
    """D is exact for numbers and their roundings; else the error of the sum of two is a float."""
    a = RNG.normal(0, 1, 200) * 10.0 ** RNG.integers(-12, 4, 200)
    for b in (a.astype(np.float16).astype(float), RNG.permutation(a)):
        found, lost = network_pair._less(a, b)
        errors = [
            abs(Fraction(p) - Fraction(q) - Fraction(d))
            for p, q, d in zip(a.tolist(), b.tolist(), found.tolist(), strict=True)
        ]
        assert Fraction(lost) == max(errors)
    assert network_pair._less(np.array([1e308]), np.array([-1e308]))[1] == np.inf


def test_the_answer_is_yes_no_or_undecided():
    b = rounded(NET, "float16")
    whole = slt.difference(NET, b, (LO, HI)).facts
    assert slt.difference(NET, b, (LO, HI)).verdict is None
    assert slt.difference(NET, b, (LO, HI), within=whole.error_bound).verdict == "yes"
    assert slt.difference(NET, b, (LO, HI), within=whole.error_found / 2).verdict == "no"
    close = (whole.error_bound + whole.error_found) / 2
    assert slt.difference(NET, b, (LO, HI), within=close).verdict == "undecided"
    cut = slt.difference(NET, b, (LO, HI), within=close, seconds=1e6)
    assert (cut.verdict, cut.facts.pieces > 1) == ("yes", True)


@pytest.mark.parametrize("close", [Fraction(1, 10), "1/3"])
def test_a_bound_next_to_the_one_asked_for_is_compared_exactly(close):
    """The float nearest to 1/10 is above it: a bound of that size is no yes."""
    near = float(Fraction(close))
    above = near if Fraction(near) > Fraction(close) else float(np.nextafter(near, 1))
    a, b = Dense([[[0.0]], [[1.0]]]), Dense([[[above]], [[1.0]]])
    assert slt.difference(a, b, ([1.0], [1.0]), within=close).verdict != "yes"


def test_networks_of_other_shapes_are_refused():
    wide = Dense([np.ones((7, 3)), np.ones((5, 7)), np.ones((3, 5))], [None] * 3)
    smooth = replace(NET, activation="tanh")
    image = Conv([np.ones((1, 3, 1, 1)), np.ones((3, 1))], input_shape=(3, 1, 1))
    for other in (wide, smooth, image):
        with pytest.raises(BadInput, match="must be of one architecture"):
            slt.difference(NET, other, (LO, HI))
    with pytest.raises(BadInput, match="3 coordinates"):
        slt.difference(NET, NET, (LO[:2], HI[:2]))
    with pytest.raises(BadInput, match="finite"):
        slt.difference(NET, NET, (LO, HI + np.inf))
    with pytest.raises(BadInput, match="the ticket's domain"):
        slt.difference(NET, built(), (LO, HI + 2))


def test_ctrl_c_keeps_what_was_proved(monkeypatch):
    real, calls = on_boxes.bounds_on_boxes, itertools.count()

    def stop(*given):
        if next(calls) == 5:  # one for the box, two for each cut
            raise KeyboardInterrupt
        return real(*given)

    monkeypatch.setattr(on_boxes, "bounds_on_boxes", stop)
    monkeypatch.setattr(on_boxes, "_AT_ONCE", 1)
    monkeypatch.setattr(on_boxes, "_BLOCK", 1)
    with pytest.raises(Stopped) as caught:
        slt.difference(NET, pruned(), (LO, HI), seconds=60)
    partial = caught.value.partial
    assert (partial.facts.pieces, len(partial.cuts)) == (3, 2)
    calls = itertools.count(10)
    more = slt.difference(NET, pruned(), (LO, HI), start=partial.cuts)
    assert more.facts.error_bound == partial.facts.error_bound


def test_float16_is_the_nearest_number():
    # Just beyond a tie, and by less than float32 tells: by way of float32 it would be the tie.
    beyond = [1 + 2.0**-11 + 2.0**-40, -1 - 3 * 2.0**-11 + 2.0**-40]
    values = np.concatenate([RNG.normal(0, 1, 300), [65519.0, 2.0**-25, 3 * 2.0**-26, 0.0], beyond])
    net = Dense([values[:, None], np.ones((1, len(values)))], [values, None])
    short = rounded(net, "float16")
    grid = np.arange(1 << 16, dtype=np.uint16).view(np.float16).astype(float)
    grid = np.sort(grid[np.isfinite(grid)])
    for value, near in zip(values, short.weights[0][:, 0], strict=True):
        assert near in grid
        assert abs(near - value) == np.abs(grid - value).min()
    assert np.array_equal(short.biases[0], short.weights[0][:, 0])
    with pytest.raises(BadInput, match="beyond the largest float16"):
        rounded(Dense([[[1e6]]]), "float16")
    with pytest.raises(BadInput, match="float16 or float32"):
        rounded(net, "float8")


def test_ends_of_a_region_are_rounded_outwards(tmp_path):
    (tmp_path / "a.toml").write_text("low = [0.1, -3]\nhigh = [0.3, 1e-1]\n")
    (tmp_path / "a.json").write_text('{"low": [0.1, -3], "high": [0.3, 1e-1]}')
    np.savez(tmp_path / "a.npz", low=np.array([0.1, -3]), high=[0.3, 0.1])
    for name in ("a.toml", "a.json"):
        box = read_region(tmp_path / name)
        assert box.low == (Fraction(1, 10), Fraction(-3))
        for means, ranges in ((None, None), (np.array([0.7, 0.1]), np.array([0.3, 7.0]))):
            region = box.region(means, ranges)
            shift = [Fraction(0)] * 2 if means is None else [Fraction(m) for m in means]
            scale = [Fraction(1)] * 2 if ranges is None else [Fraction(r) for r in ranges]
            for k in range(2):
                low, high = ((end[k] - shift[k]) / scale[k] for end in (box.low, box.high))
                lo, hi = float(region.lo[k]), float(region.hi[k])
                assert Fraction(lo) <= low < Fraction(np.nextafter(lo, np.inf))
                assert Fraction(np.nextafter(hi, -np.inf)) < high <= Fraction(hi)
    assert read_region(tmp_path / "a.npz").low == (Fraction(0.1), Fraction(-3))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("low = [0]", "must have low and high"),
        ("low = [0]\nhigh = [1, 2]", "must be as many"),
        ("low = [0, 2]\nhigh = [1, 1]", "above high"),
        ("low = 0\nhigh = 1", "must be a list"),
        ("low = [nan]\nhigh = [1]", "finite number"),
        ("low = [true]\nhigh = [1]", "finite number"),
        ("low = [0", "cannot be read"),
    ],
)
def test_a_region_that_is_none_is_refused(tmp_path, text, message):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(BadInput, match=message):
        read_region(tmp_path / "a.toml")


def test_cuts_outlast_their_file(tmp_path):
    path = tmp_path / "cuts.npz"
    assert read_cuts(path) == []
    for cuts in ([], [(0, 1), (2, 0)]):
        write_cuts(path, cuts)
        assert read_cuts(path) == cuts
    path.write_bytes(b"no cuts")
    with pytest.raises(UnreadableFile, match="holds no cuts"):
        read_cuts(path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["cuts.npz"]


def run(*given: object) -> tuple[int, dict]:
    result = CliRunner().invoke(app, ["difference", *map(str, given), "--json"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, json.loads(result.stdout)


@pytest.fixture
def files(tmp_path):
    save_npz(NET, tmp_path / "a.npz")
    save_npz(pruned(), tmp_path / "b.npz")
    write_ticket(built(), tmp_path / "t.slt")
    np.savez(tmp_path / "region.npz", low=LO, high=HI)
    return tmp_path


def test_the_verb_decides(files):
    given = files / "a.npz", files / "b.npz", "--region", files / "region.npz"
    code, record = run(*given)
    assert (code, record["verdict"]) == (0, None)
    bound, found = record["sup_error_bound"], record["sup_error_found"]
    assert found < bound
    assert [run(*given, "--within", w)[0] for w in (bound, found / 2, found * 1.001)] == [0, 1, 3]
    code, record = run(*given, "--within", found * 1.1, "--split", 1e6)
    assert (code, record["verdict"]) == (0, "yes")
    code, record = run(files / "a.npz", files / "t.slt", "--region", files / "region.npz")
    assert (code, record["sup_error_bound"] < bound) == (0, True)
    assert record["low"] == LO.tolist()


def test_the_verb_goes_on_with_its_cuts(files, monkeypatch):
    given = files / "a.npz", files / "b.npz", "--region", files / "region.npz"
    monkeypatch.setattr(difference, "time", SimpleNamespace(monotonic=iter(range(9)).__next__))
    code, first = run(*given, "--split", 5, "--cuts", files / "cuts.npz")
    assert (code, first["pieces"] > 1) == (0, True)
    monkeypatch.undo()
    code, again = run(*given, "--cuts", files / "cuts.npz")
    assert (code, again["pieces"]) == (0, first["pieces"])
    assert again["sup_error_bound"] == first["sup_error_bound"]


@pytest.mark.parametrize("code", [130, 5])
def test_the_verb_keeps_what_was_proved_when_it_is_stopped(code, files, monkeypatch):
    given = files / "a.npz", files / "b.npz", "--region", files / "region.npz"
    whole = run(*given)[1]["sup_error_bound"]
    real, calls = on_boxes.bounds_on_boxes, itertools.count()

    def stop(*boxes):
        if next(calls) == 3:  # one for the box, two for each cut
            raise KeyboardInterrupt if code == 130 else TimeIsUp(1.0)
        return real(*boxes)

    monkeypatch.setattr(on_boxes, "bounds_on_boxes", stop)
    monkeypatch.setattr(on_boxes, "_AT_ONCE", 1)
    monkeypatch.setattr(on_boxes, "_BLOCK", 1)
    ended, record = run(*given, "--split", 600, "--cuts", files / "cuts.npz")
    assert (ended, record["pieces"]) == (code, 2)
    assert record["sup_error_bound"] <= whole
    assert record["stopped"]
    assert len(read_cuts(files / "cuts.npz")) == 1


def test_nnet_regions_are_in_the_units_of_the_header(tmp_path):
    (tmp_path / "a.nnet").write_text(NNET)
    (tmp_path / "region.toml").write_text("low = [3, 0]\nhigh = [7, 0.5]\n")
    given = tmp_path / "a.nnet", "--round", "float16", "--region", tmp_path / "region.toml"
    code, record = run(*given)
    assert (code, record["low"], record["high"]) == (0, [-0.5, -0.5], [0.5, 0.5])
    network = read_normalised(tmp_path / "a.nnet").network
    assert network.weights[0].tolist() == [[0.1, -0.7], [0.3, 0.9], [-0.6, 0.2]]
    mine = slt.difference(network, rounded(network, "float16"), ([-0.5] * 2, [0.5] * 2))
    assert record["sup_error_bound"] == mine.facts.error_bound
    (tmp_path / "b.nnet").write_text(NNET.replace("5.0,0.25", "5.0,0.5"))
    wrong = [tmp_path / "a.nnet", tmp_path / "b.nnet", *given[3:]]
    result = CliRunner().invoke(app, ["difference", *map(str, wrong)])
    assert isinstance(result.exception, BadInput)
    assert "means and ranges" in str(result.exception)


def test_one_other_network_is_asked_for(files):
    for extra in ([], [files / "b.npz", "--round", "float16"]):
        given = [files / "a.npz", *extra, "--region", files / "region.npz"]
        result = CliRunner().invoke(app, ["difference", *map(str, given)])
        assert isinstance(result.exception, BadInput)


@pytest.mark.parametrize("wrong", [-1.0, float("nan")])
def test_seconds_that_are_none_are_refused_by_their_name(wrong):
    with pytest.raises(BadInput, match=r"^seconds = "):
        slt.difference(NET, pruned(), (LO, HI), seconds=wrong)


def test_an_answer_is_given_where_its_cuts_cannot_be_kept(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    for name, weight in (("a", 1.0), ("b", 0.5)):
        np.savez(tmp_path / f"{name}.npz", **{"fc1.weight": np.full((1, 2), weight)})
    (tmp_path / "box.json").write_text('{"low": [0, 0], "high": [1, 1]}')
    monkeypatch.setattr("slt_theory.tickets.cuts_file.write_cuts", full)
    places = [str(tmp_path / name) for name in ("a.npz", "b.npz", "box.json", "cuts.npz")]
    found = CliRunner().invoke(
        app, ["difference", *places[:2], "--region", places[2], "--cuts", places[3], "--json"]
    )
    assert found.exit_code == 0
    assert json.loads(found.stdout)["sup_error_bound"] >= 1
    assert "no cuts are kept" in found.stderr
