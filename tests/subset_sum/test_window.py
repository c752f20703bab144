"""The certificate of one sample against all its sums, and its edges."""

from __future__ import annotations

import itertools
import json
import random
from fractions import Fraction

import pytest
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.errors import BadInput
from slt_theory.subset_sum.window import certify_window

Number = Fraction


def greatest_distance(items: list[Number], lo: Number, hi: Number) -> Number:
    """Slow and obvious: ends of the window, and middles of neighbouring sums inside it."""
    sums = sorted(
        {
            sum(c, Fraction(0))
            for r in range(len(items) + 1)
            for c in itertools.combinations(items, r)
        }
    )
    middles = [(a + b) / 2 for a, b in itertools.pairwise(sums)]
    targets = [lo, hi, *(m for m in middles if lo <= m <= hi)]
    return max(min(abs(z - s) for s in sums) for z in targets)


def draw(source: random.Random) -> tuple[list[Number], Number, Number]:
    items = [Fraction(source.randint(-997, 997), 991) for _ in range(source.randint(1, 8))]
    ends = sorted(Fraction(source.randint(-1500, 1500), 1009) for _ in range(2))
    return items, ends[0], ends[1]


@pytest.mark.parametrize("bits", [64, 256, 1 << 12])
def test_verdicts_never_contradict_all_sums(bits: int) -> None:
    source, seen = random.Random(bits), set()
    for _ in range(300):
        items, lo, hi = draw(source)
        true = greatest_distance(items, lo, hi)
        eps = true * Fraction(source.choice([5, 9, 10, 11, 20]), 10) + Fraction(1, 10**6)
        found = certify_window(items, lo, hi, eps=eps, bits=bits)
        seen.add(found.verdict)
        assert found.at_least <= true <= found.at_most
        assert found.charge <= found.unit * len(items) / 2
        if found.verdict == "covered":
            assert true <= eps
        if found.verdict == "missed":
            assert lo <= found.worst <= hi
            assert greatest_distance(items, found.worst, found.worst) > eps
    assert seen == {"covered", "missed", "undecided"}


def test_an_exact_lattice_decides_always() -> None:
    source = random.Random(3)
    for _ in range(100):
        items, lo, hi = draw(source)
        true = greatest_distance(items, lo, hi) or Fraction(1, 10)
        exact = certify_window(items, lo, hi, eps=true)
        assert exact.charge == 0
        assert exact.verdict == "covered"
        assert certify_window(items, lo, hi, eps=true * Fraction(999, 1000)).verdict != "undecided"


def test_one_item_and_far_windows() -> None:
    assert certify_window([1], 5, 6, eps=5).verdict == "covered"
    far = certify_window([1], 5, 6, eps=Fraction(49, 10))
    assert (far.verdict, far.worst) == ("missed", 6)
    assert certify_window([0, 0], 0, 0, eps=1).verdict == "covered"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (([], 0, 1), "sample"),
        (([1], 1, 0), "lo"),
        (([1, 2, 3], 0, 1, 5), "bits"),
        (([float("nan")], 0, 1), "sample[0]"),
    ],
)
def test_bad_input(arguments: tuple[object, ...], name: str) -> None:
    sample, lo, hi, *bits = arguments
    options = {"bits": bits[0]} if bits else {}
    with pytest.raises(BadInput) as caught:
        certify_window(sample, lo, hi, eps=1, **options)  # type: ignore[arg-type]
    assert caught.value.argument == name


@pytest.mark.parametrize(
    ("eps", "code", "verdict"),
    [("0.3", 0, "covered"), ("0.1", 1, "missed"), ("0.25", 3, "undecided")],
)
def test_command(tmp_path, eps: str, code: int, verdict: str) -> None:
    """Sums 0, 1/2, 1 of the window [0, 1] up to roundings: the worst distance is about 1/4."""
    path = tmp_path / "sample.txt"
    path.write_text("0.5000001 0.4999999")
    words = ["solve", "--sample", str(path), "--certify-window", "0,1", "--eps", eps]
    found = CliRunner().invoke(app, [*words, "--bits", "1000", "--json"])
    assert found.exit_code == code
    assert json.loads(found.stdout)["verdict"] == verdict


def test_command_needs_one_question(tmp_path) -> None:
    path = tmp_path / "sample.txt"
    path.write_text("0.5")
    both = ["--target", "1", "--certify-window", "0,1", "--eps", "1"]
    for words in ([], both, ["--certify-window", "0"], ["--certify-window", "0,1"]):
        assert CliRunner().invoke(app, ["solve", "--sample", str(path), *words]).exit_code != 0
