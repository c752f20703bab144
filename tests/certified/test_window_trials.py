"""Every bound of the windows page against stored trials: levels, power, planted errors.

The stored table holds counts of a million trials and more. Today's code draws the first 2^14 of
each sample again, and all under ``-m long``; claims are computed today, and tested on the counts.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planted import Planted, fresh
from scipy.stats import binom

from slt_theory import figures
from slt_theory.experiments.window_claims import FLOORS, SAMPLES, BoundClaim, WindowSample, claims
from slt_theory.experiments.window_page import summary_markdown, trials_markdown
from slt_theory.experiments.window_trials import (
    CLAIM_LEVEL,
    CLAIMS,
    FIRST,
    LEVEL,
    POWER,
    ClaimResult,
    WindowCounts,
    count,
)
from slt_theory.lattice import cover_range
from slt_theory.statistics import binomial_tail, clopper_pearson, detectable

MODULE = "slt_theory.experiments.window_claims"
TABLE: dict[str, Any] = figures.stored("window_trials") or {}
KEYS = [sample.key for sample in SAMPLES]
DOCS = Path(__file__).parents[2] / "docs"


def stored(key: str) -> tuple[WindowSample, dict[str, Any], WindowCounts]:
    """A sample, its record and its counts."""
    place = KEYS.index(key)
    record = TABLE["samples"][place]
    counts = WindowCounts(np.array(record["failures"]), np.array(record["short"]))
    return SAMPLES[place], record, counts


def test_what_is_tried_is_fixed_and_the_level_is_shared() -> None:
    assert [r["key"] for r in TABLE["samples"]] == KEYS
    assert len(set(KEYS)) == len({s.stream for s in SAMPLES}) == len(SAMPLES)
    for sample, record in zip(SAMPLES, TABLE["samples"], strict=True):
        assert record["trials"] == sample.trials >= 10**6
        assert record["last"] == sample.last == len(record["failures"]) - 1
    assert sum(len(r["claims"]) for r in TABLE["samples"]) <= CLAIMS
    assert CLAIMS * Fraction(CLAIM_LEVEL) <= LEVEL
    assert TABLE["claim_level"] == CLAIM_LEVEL
    assert TABLE["power"] == POWER
    assert Fraction(TABLE["level"]) == Fraction(float(LEVEL))


def test_no_claim_rings_and_every_kind_is_there() -> None:
    kinds: dict[str, int] = {}
    for record in TABLE["samples"]:
        for one in record["claims"]:
            kinds[one["kind"]] = kinds.get(one["kind"], 0) + 1
            assert not one["rings"]
            assert one["p"] > TABLE["claim_level"]
    lines = len([s for s in SAMPLES if not s.on_circle])
    assert kinds == {
        "necessary": lines,
        "floor": lines * len(FLOORS),
        "reach": 2 * lines * len(FLOORS),
        "by statistics": lines,
        "certified": len(SAMPLES),
        "dynamic program": 4,
    }


@pytest.mark.parametrize("key", KEYS)
def test_the_first_trials_are_drawn_the_same_today(key: str) -> None:
    sample, record, counts = stored(key)
    first = count(replace(sample, trials=FIRST), seed=TABLE["seed"])
    assert first.failures.tolist() == record["first"]
    # They are among the others, and so are those that do not reach.
    assert (first.failures <= counts.failures).all()
    assert (counts.short <= counts.failures).all()


QUICK = ("uniform:0.01:1", "uniform*uniform:0.1:1", "uniform:0.02:0.5", "uniform mod 2:0.01:1")


@pytest.mark.parametrize("key", QUICK)
def test_claims_of_today_give_the_stored_tests(key: str) -> None:
    sample, record, counts = stored(key)
    assert [ClaimResult.of(c, sample, counts).to_dict() for c in claims(sample)] == record["claims"]


@pytest.mark.long
@pytest.mark.timeout(3000)  # five processor minutes
def test_the_whole_table_is_what_todays_code_makes() -> None:
    found = figures.made("window_trials", seed=TABLE["made"]["seed"])
    for table in (found, whole := dict(TABLE)):
        table.pop("made")
        for record in table["samples"]:
            record.pop("seconds")
    assert found == whole


def test_a_trial_is_decided_as_by_all_sums() -> None:
    """Against plain sums of all subsets in integers, at a coarse error and few numbers."""
    sample = WindowSample("normal", Fraction(1, 5), Fraction(1, 5), Fraction(1), 9, 200, 77)
    counts = count(sample, seed=5)
    law = sample.source
    from slt_theory.streams import Purpose, stream_id
    from slt_theory.subset_sum.draws import Drawn

    stream = stream_id(Purpose.TRIALS, (1 << 40) + sample.stream)
    rows = Drawn(law, 5, stream, 200, 9).block(range(200))
    goal = cover_range(Fraction(-1), Fraction(1), sample.error, law.unit)
    level = math.ceil((1 - sample.error) / law.unit)
    for n in range(10):
        missed = short = 0
        for row in rows[:, :n].tolist():
            sums = [0]
            for item in row:
                sums += [s + item for s in sums]
            sums.sort()
            low = max((s for s in sums if s <= goal.left), default=None)
            high = min((s for s in sums if s >= goal.right), default=None)
            inside = [s for s in sums if low is not None and high is not None and low <= s <= high]
            gaps = [b - a for a, b in itertools.pairwise(inside)]
            missed += not inside or max(gaps, default=0) > goal.width
            short += sums[-1] < level or -sums[0] < level
        assert counts.failures[n] == missed
        assert counts.short[n] == short


def test_tails_and_power_are_exact() -> None:
    for k, trials, p in ((3, 20, 0.3), (0, 9, 0.5), (9, 9, 0.5), (150, 1000, 0.1)):
        above, below = binom.sf(k - 1, trials, p), binom.cdf(k, trials, p)
        assert above <= binomial_tail(k, trials, p, upper=True) * (1 + 1e-12) <= above * (1 + 1e-9)
        assert below <= binomial_tail(k, trials, p, upper=False) * (1 + 1e-12) <= below * (1 + 1e-9)
    assert binomial_tail(-1, 9, 0.5, upper=False) == binomial_tail(10, 9, 0.5, upper=True) == 0.0
    for p0, trials, alpha in ((0.0797, 10**6, 1e-8), (0.001, 4 * 10**6, 1e-8), (0.5, 200, 1e-3)):
        p1 = detectable(p0, trials, alpha=alpha)
        # The largest count that rings, by a search of its own.
        last = int(binom.ppf(alpha, trials, p0)) + 2
        while binom.cdf(last, trials, p0) > alpha:
            last -= 1
        assert 0 <= binom.cdf(last, trials, p1) - 0.99 < 1e-6
    assert detectable(0.5, 3, alpha=1e-6) == 0.0


def moved(sample: WindowSample, one: dict[str, Any]) -> BoundClaim:
    """The same bound, wrong by as many numbers as the row says is seen."""
    if one["kind"] == "necessary":
        return BoundClaim("necessary", "below", one["refused"] - 1, float(sample.delta))
    return BoundClaim(one["kind"], one["side"], one["refused"], one["chance"])


@pytest.mark.parametrize("key", KEYS)
def test_a_bound_moved_in_the_unsafe_direction_rings(key: str) -> None:
    """As far as the row says; the chance of reach by little more than what it would detect."""
    sample, record, counts = stored(key)
    for one in record["claims"]:
        if one["kind"] == "floor":
            continue
        if one["kind"] == "reach":
            # Equality: moved by what is detected, and a twentieth for the noise of this sample.
            factor = one["chance"] / one["detects"]
            wrong = one["chance"] * factor * (1.05 if factor > 1 else 1 / 1.05)
            assert ClaimResult.of(
                BoundClaim("reach", one["side"], one["n"], wrong), sample, counts
            ).rings
            continue
        assert one["refused"] is not None
        found = ClaimResult.of(moved(sample, one), sample, counts)
        assert found.rings
        # The share seen is beyond what is detected with probability 0.99.
        share = found.failures / sample.trials
        assert share >= found.detects if one["side"] == "above" else share <= found.detects


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("uniform:0.1:1", 2),
        ("uniform:0.01:1", 4),
        ("normal:0.1:1", 2),
        ("uniform*uniform:0.1:1", 1),
        ("uniform*uniform:0.01:1", 2),
        ("uniform*uniform:0.001:1", 2),
        ("relu(uniform)*uniform:0.1:1", 1),
        ("relu(uniform)*uniform:0.01:1", 2),
    ],
)
def test_few_numbers_more_are_seen(key: str, near: int) -> None:
    """Products: one or two numbers in the unsafe direction ring on either side."""
    _, record, _ = stored(key)
    rows = {one["kind"]: one for one in record["claims"] if one["refused"] is not None}
    necessary = rows["necessary"]["n"] + 1
    assert rows["necessary"]["refused"] - necessary <= near
    assert rows["by statistics"]["n"] - rows["by statistics"]["refused"] <= 2
    # Between what is refused on the two sides lies the truth: few numbers are left.
    assert rows["by statistics"]["refused"] < rows["necessary"]["refused"]


def test_products_meet_the_floor_with_equality() -> None:
    """Within the width of the exact interval, at 0.1; uniform numbers are far above it."""
    for law in ("uniform*uniform", "relu(uniform)*uniform"):
        sample, record, _ = stored(f"{law}:0.1:1")
        for one in record["claims"]:
            if one["kind"] == "floor" and one["n"] >= 18:
                seen = clopper_pearson(one["failures"], sample.trials, 1e-6)
                assert seen.lo < 1.005 * one["chance"]
                assert one["failures"] < 1.02 * one["chance"] * sample.trials
                assert one["detects"] > 0.93 * one["chance"]
    floor = next(c for c in stored("uniform*uniform:0.1:1")[1]["claims"] if c["n"] == 18)
    assert abs(floor["chance"] - 0.0797) < 0.0001


def planted(key: str, module: str, old: str, new: str) -> tuple[str, Planted]:
    return key, Planted(module, old, new, shown=lambda _: 0.0, proof="")


PLANTED = {
    "ends not nearer by eps": planted(
        "uniform*uniform:0.1:1", "reach_profile", "return self.hi - self.eps", "return self.hi"
    ),
    "both sides added": planted(
        "uniform:0.1:1", "reach_profile", "(short + low) - short * low", "(short + low)"
    ),
    "one item fewer on a side": planted(
        "normal:0.01:1", "reach_profile", "short = above[i] if", "short = above[max(i - 1, 0)] if"
    ),
    "products too small": planted(
        "uniform*uniform:0.1:1", "reach_sizes", "return x * total\n", "return x * total * 21 / 20\n"
    ),
    "reach from above: one side": planted(
        "normal:0.1:1",
        "statistical_table",
        "(ONE * (short + low) - short * low)",
        "(ONE * short)",
    ),
    "statistics: mask left out": planted(
        "relu(uniform)*uniform:0.01:1",
        "statistical",
        "mix(list(rows), n, keep), ONE) ** blocks <= delta",
        "mix(list(rows), n, Fraction(1)), ONE) ** blocks <= delta",
    ),
    "statistics: row of another error": planted(
        "uniform:0.01:1",
        "statistical",
        "plan.eps * scale > error",
        "plan.eps * scale > 10 * error",
    ),
    "ordered: all items count as positive": planted(
        "uniform*uniform:0.1:1",
        "ordered",
        "mass / 2\n    step[0] += max(0.0, 1 - float(masses.sum()) / 2)",
        "mass\n    step[0] += max(0.0, 1 - float(masses.sum()))",
    ),
    "ordered: one side only": planted(
        "uniform*uniform:0.1:1",
        "ordered",
        "sides[needs[0]] + sides[needs[1]]",
        "sides[needs[0]]",
    ),
    "mixture: twice as many items": planted(
        "relu(uniform)*uniform:0.01:1",
        "binomial",
        "profile[min(m, last)]",
        "profile[min(2 * m, last)]",
    ),
    "circle: grows twice as fast": planted(
        "uniform mod 2:0.1:1", "dynamic", "gain = self.kappa * v", "gain = 2 * self.kappa * v"
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_an_error_planted_in_a_bound_rings(name: str) -> None:
    key, error = PLANTED[name]
    sample, _, counts = stored(key)
    with fresh(error, (MODULE,)) as (_, _, module):
        wrong = [BoundClaim(c.kind, c.side, c.n, c.chance) for c in module.claims(sample)]
    assert any(ClaimResult.of(claim, sample, counts).rings for claim in wrong)


def test_the_pages_show_the_stored_table() -> None:
    assert trials_markdown(TABLE) in (DOCS / "window-trials.md").read_text(encoding="utf-8")
    assert summary_markdown(TABLE) in (DOCS / "windows.md").read_text(encoding="utf-8")
