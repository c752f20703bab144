"""One door for laws: names, files, objects, scipy; discrete, empirical and mixed laws."""

from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from slt_theory.certified import certified_n, counting_n
from slt_theory.errors import BadInput
from slt_theory.laws import (
    LAWS,
    CustomLaw,
    Discrete,
    Empirical,
    Integers,
    Laplace,
    Law,
    Masked,
    Mixed,
    Normal,
    Product,
    Scaled,
    Uniform,
    dkw_band,
    from_scipy,
    law_reference,
    parse_law,
    read_law,
)
from slt_theory.statistics import clopper_pearson
from slt_theory.streams import words32

TRIALS = 40_000


def counted(law: Law) -> Counter[Fraction]:
    return Counter(k * law.unit for k in law.sample(9, 3, 0, TRIALS).tolist())


def test_points_have_their_probabilities() -> None:
    """Exact intervals at a joint level of 1e-9; an interval is at most 0.04 wide."""
    law = Discrete(("-1", "1/3", "2"), (1, 2, "1/2"))
    rounded = [round(x * 2**44) * law.unit for x in law.points]
    assert law.coupling == abs(rounded[1] - Fraction(1, 3))
    seen = counted(law)
    assert set(seen) == set(rounded)
    for point, weight in zip(rounded, law.weights, strict=True):
        low, high = clopper_pearson(seen[point], TRIALS, 1e-9 / 3)
        assert low <= weight / Fraction(7, 2) <= high
        assert high - low < 0.04


@pytest.mark.parametrize(
    "law",
    [
        Discrete((0, 1, -2), (1, 3, 9)),
        Mixed((Uniform(), Normal(), Scaled(Uniform(), "1/3")), (1, 2, 3)),
    ],
    ids=lambda law: law.name,
)
def test_words_choose_by_exact_shares(law: Discrete | Mixed) -> None:
    words = words32(1, 1, 0, 300 * law.slots).reshape(300, law.slots)
    total, ends = sum(law.weights), []
    for k in range(1, len(law.weights) + 1):
        ends.append(round(sum(law.weights[:k]) / Fraction(total) * 2**64))
    slow = []
    for row in words:
        chosen = next(k for k, end in enumerate(ends) if int(row[0]) + (int(row[1]) << 32) < end)
        if isinstance(law, Discrete):
            slow.append(law.points[chosen])
        else:
            part = law.laws[chosen]
            slow.append(int(part.integers(row[None, 2 : 2 + part.slots])[0]) * part.unit)
    assert [k * law.unit for k in law.integers(words).tolist()] == slow
    low, high = law.support
    assert all(low <= x <= high for x in slow)


def test_a_mixture_floors_its_parts() -> None:
    law = Mixed((Uniform(), parse_law("triangular")), (1, 3))
    assert law.density_floor("1/2") == Fraction(1, 4) / 2 + Fraction(3, 4) / 2
    assert Mixed((Uniform(), Discrete((0,), (1,))), (1, 1)).density_floor(1) == Fraction(1, 4)


def test_resampling_is_about_the_numbers_of_the_file(tmp_path: Path) -> None:
    numbers = np.array([0.5, -0.25, 0.5, 1 / 3], dtype=np.float32)
    np.save(tmp_path / "w.npy", numbers)
    np.savez(tmp_path / "w.npz", a=numbers, b=numbers[:1])
    law = read_law(f"empirical({tmp_path}/w.npy)")
    seen = counted(law)
    assert set(seen) == {Fraction(float(x)) for x in numbers}
    for value, share in ((Fraction(1, 2), 0.5), (Fraction(-1, 4), 0.25)):
        low, high = clopper_pearson(seen[value], TRIALS, 1e-9)
        assert low <= share <= high
    assert law.coupling == 0
    assert law.at(4).coupling == abs(Fraction(float(numbers[3])) - Fraction(5, 16))
    assert "at level 0.99 (DKW)" in law.note
    assert read_law(f"empirical({tmp_path}/w.npz, key=a)") == law.__class__(numbers, key="a")
    again = law_reference(law)
    assert read_law(again) == law
    np.save(tmp_path / "w.npy", -numbers)
    with pytest.raises(BadInput, match="has changed"):
        read_law(again)


def test_the_band_is_massarts_rounded_upwards() -> None:
    assert dkw_band(100, 0.95) >= math.sqrt(math.log(40) / 200)
    assert dkw_band(100, 0.95) < math.sqrt(math.log(40) / 200) * (1 + 1e-12)
    assert dkw_band(1, 0.99) == 1.0


def test_the_band_holds_for_a_known_source() -> None:
    """2000 files of 50 uniform numbers: the band at 0.9 is left no more often than 0.1."""
    band, left = dkw_band(50, 0.9), 0
    draws = np.sort(np.random.default_rng(1).random((2000, 50)), axis=1)
    steps = np.arange(1, 51) / 50
    left = int((np.maximum(steps - draws, draws - steps + 0.02).max(axis=1) > band).sum())
    assert clopper_pearson(left, 2000, 1e-9).lo <= 0.1
    assert left > 0


@pytest.mark.parametrize(
    "what", ["missing.npy", "text.npy", "nan.npy", "empty.npy", "far.npy", "w.npz"]
)
def test_files_that_are_no_law_are_refused(what: str, tmp_path: Path) -> None:
    (tmp_path / "text.npy").write_text("hello")
    np.save(tmp_path / "nan.npy", np.array([0.0, np.nan]))
    np.save(tmp_path / "empty.npy", np.zeros(0))
    np.save(tmp_path / "far.npy", np.array([1e9]))
    np.savez(tmp_path / "w.npz", a=np.zeros(1), b=np.zeros(1))
    with pytest.raises(BadInput):
        read_law(f"empirical({tmp_path}/{what})")


SCIPY = [
    scipy.stats.laplace(scale=0.3),
    scipy.stats.t(3),
    scipy.stats.triang(0.5, loc=-1, scale=2),
    scipy.stats.norm(),
]


@pytest.mark.parametrize("frozen", SCIPY, ids=lambda frozen: frozen.dist.name)
def test_a_scipy_distribution_is_a_table_near_it(frozen: object) -> None:
    law = read_law(frozen)
    assert "estimated, not proved" in law.note
    assert law.estimated_distance() < 1e-5  # type: ignore[attr-defined]
    assert read_law(law.name) == law
    draws = law.sample(1, 2, 0, TRIALS) * float(law.unit)
    for a, b in ((0.0, 0.25), (-0.5, -0.1)):
        mass = frozen.cdf(b) - frozen.cdf(a)  # type: ignore[attr-defined]
        low, high = clopper_pearson(int(((draws > a) & (draws <= b)).sum()), TRIALS, 1e-9)
        assert low <= mass <= high


def test_a_scipy_law_may_be_cut() -> None:
    law = from_scipy(scipy.stats.cauchy(), lo=-1, hi=1)
    assert law.support == (-1, 1)
    assert law.variation == 0
    assert read_law("scipy(cauchy,lo=-1,hi=1)") == law
    assert set(read_law(scipy.stats.binom(2, 0.5)).sample(1, 0, 0, 99) // 2**44) == {0, 1, 2}
    shifted = read_law(scipy.stats.poisson(3, 0.5))
    assert shifted.support[0] == Fraction(1, 2)
    assert shifted.variation > 2.0**-39
    for bad in ("scipy(nothing)", "scipy(t)", "scipy(norm,lo=500,hi=600)", "scipy()"):
        with pytest.raises(BadInput):
            read_law(bad)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scipy(zipf,1.01)", "mass beyond 1024"),
        ("scipy(norm,scale=1e-20)", "narrower"),
        ("scipy(pareto,b=0.1)", "lo=, hi="),
    ],
)
def test_a_scipy_law_without_a_table_is_refused_at_once(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_law(text)


class Flat(scipy.stats.rv_continuous):
    def _pdf(self, x: np.ndarray) -> np.ndarray:
        return np.ones_like(x)


@pytest.mark.parametrize(
    "frozen",
    [Flat(name="norm", a=0, b=1)(), type(scipy.stats.norm)(name="norm", a=-1, b=1)()],
    ids=["class", "ends"],
)
def test_a_name_of_scipy_stats_alone_makes_no_law(frozen: object) -> None:
    with pytest.raises(BadInput, match=r"CustomLaw"):
        read_law(frozen)


def test_a_draw_that_raises_is_told_by_its_law() -> None:
    broken = CustomLaw("broken", lambda w: 1 // 0)
    with pytest.raises(BadInput, match=r"draw of broken.*ZeroDivisionError"):
        broken.sample(1, 0, 0, 5)
    with pytest.raises(BadInput, match="slots"):
        CustomLaw("two", slots=2)
    with pytest.raises(BadInput, match="must be laws"):
        Mixed(("uniform",), (1,))  # type: ignore[arg-type]
    for level in ("x", math.nan, 1):
        with pytest.raises(BadInput, match="level"):
            Empirical([1.0], level=level)  # type: ignore[arg-type]


def test_what_does_not_fit_is_shown_with_its_name_and_the_whole_law(tmp_path: Path) -> None:
    for text, words in (
        ("uniform(0,1))", r"hi = '1\)'.*uniform\(lo"),
        ("laplace(x)", "scale = 'x'"),
    ):
        with pytest.raises(BadInput, match=words) as caught:
            read_law(text)
        assert caught.value.value == text
    with pytest.raises(BadInput) as caught:
        read_law("laplace(0)")
    assert "error" not in str(caught.value)
    np.save(tmp_path / "w.npy", [0.5])
    np.savez(tmp_path / "none.npz")
    for text, words in (("w.npy,key=a", "one array"), ("none.npz", "no arrays")):
        with pytest.raises(BadInput, match=words):
            read_law(f"empirical({tmp_path / text})")
    np.save(tmp_path / "word.npy", ["a"])
    with pytest.raises(BadInput, match=r"word\.npy"):
        read_law(f"empirical({tmp_path / 'word.npy'})")


def test_certified_numbers_rest_on_a_floor_or_there_are_none() -> None:
    for law in (
        "triangular",
        "laplace(0.3)",
        "0.5*beta(2,2)",
        "bernoulli(0.5)*truncnormal",
        "mixture(1:uniform,1:laplace(0.3))",
        scipy.stats.laplace(scale=0.3),
    ):
        found = certified_n("0.1", "0.1", law=law)
        assert found is not None, law
        assert found.n > 10
    for law in ("signs", "discrete(-1:1,1:1)", "triangular(0,0,1)", "beta(2,2,0,1)"):
        assert certified_n("0.1", "0.1", law=law) is None


class Zeros(Uniform):
    def integers(self, words: np.ndarray) -> np.ndarray:
        return np.zeros(len(words), np.int64)


class Spikes(Laplace):
    def integers(self, words: np.ndarray) -> np.ndarray:
        return np.zeros(len(words), np.int64)


@pytest.mark.parametrize(
    "law",
    [
        CustomLaw("uniform", lambda w: np.zeros(len(w), np.int64)),
        CustomLaw("un iform", lambda w: np.zeros(len(w), np.int64)),
        Zeros(),
        Scaled(Zeros(), "1/2"),
        Masked(Zeros(), "1/2"),
        Product(Zeros(), Uniform()),
        Spikes(),
        Mixed((Spikes(), Zeros()), (1, 1)),
    ],
    ids=lambda law: law.name,
)
def test_a_name_alone_certifies_nothing(law: Law) -> None:
    assert certified_n("0.1", "0.1", law=law) is None
    assert counting_n("0.1", delta="1e-6", law=law).proof == "counting-bound"


def test_a_law_object_is_certified_as_its_name_on_any_lattice() -> None:
    for name in ("uniform", "0.5*normal", "bernoulli(0.3)*uniform", "relu(uniform)*uniform"):
        law = parse_law(name)
        coarse = law.at(30) if law.bits > 48 else law
        asked = [certified_n("0.1", "0.1", law=one) for one in (name, law, coarse)]
        assert asked[0] is not None
        assert [found and found.n for found in asked] == [asked[0].n] * 3


def test_a_smaller_floor_never_asks_for_fewer() -> None:
    plain, masked = (
        certified_n("0.1", "0.1", law=law) for law in ("laplace", "bernoulli(0.5)*laplace")
    )
    assert plain is not None
    assert masked is not None
    assert plain.n < masked.n


def test_the_door_takes_what_stands_for_a_law(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        "import scipy.stats\nfrom slt_theory.laws import CustomLaw\n"
        "one = scipy.stats.triang(0.5, loc=-1, scale=2)\n"
        "two = CustomLaw('two', lambda w: (w >> 8).astype('int64'), bits=24)\n"
        "three = 'uniform'\nfour = 4\n"
    )
    assert read_law(f"{file}:one") == read_law(scipy.stats.triang(0.5, loc=-1, scale=2))
    two = law_reference(f"{file}:two")
    assert two.startswith(f"{file}:two|")
    assert read_law(two).name == "two"
    for name in ("three", "four", "five"):
        with pytest.raises(BadInput):
            read_law(f"{file}:{name}")
    file.write_text(file.read_text().replace(">> 8", ">> 9"))
    with pytest.raises(BadInput, match="other numbers"):
        read_law(two)
    with pytest.raises(BadInput, match="FILE"):
        law_reference(CustomLaw("own", lambda w: w.astype("int64") >> 8, bits=24))


@pytest.mark.parametrize("wrong", [scipy.stats.triang, 3, None, Uniform, lambda: 0, scipy.stats])
def test_what_is_no_law_is_refused_with_the_way_out(wrong: object) -> None:
    with pytest.raises(BadInput, match="slt laws"):
        read_law(wrong)


def test_a_file_that_names_itself_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(
        f"from slt_theory import Bound\nb = Bound('b', n=lambda e, d: 9, law='{file}:b')\n"
    )
    with pytest.raises(BadInput, match=r"line 2.*names itself"):
        read_law(f"{file}:b")


@pytest.mark.parametrize("name", LAWS)
def test_every_example_of_the_list_is_a_law(name: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("weights.npy", np.linspace(-1, 1, 50))
    law = read_law(LAWS[name].example)
    assert law.sample(1, 0, 0, 5).shape == (5,)
    assert read_law(law.name) == law


def test_brackets_of_both_kinds_and_names_of_values() -> None:
    assert parse_law("uniform(0, hi=0.5)") == parse_law("uniform[0,1/2]") == Uniform(0, "1/2")
    assert parse_law("integers[5]*integers(5)") == Integers(5, 2)
    assert parse_law("laplace(0.3)*uniform") == Product(parse_law("laplace(0.3)"), Uniform())
    assert parse_law("Laplace( scale = 0.3 )".replace(" ", "")) == parse_law("laplace(0.3)")


def test_an_empirical_law_is_as_symmetric_as_its_numbers() -> None:
    assert Empirical([1.0, -1.0, 0.0]).is_symmetric
    assert not Empirical([1.0, -1.0, 0.5]).is_symmetric
    assert Empirical([0.25, 0.5, -0.75]).step == 2**42
