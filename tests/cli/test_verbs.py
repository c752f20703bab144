"""Every verb: keys of the contract, exit codes, and one JSON object on stdout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from slt_theory.cli import app
from slt_theory.errors import SltError
from slt_theory.tickets import read_ticket

RUNNER = CliRunner()


def run(*arguments: str) -> Result:
    return RUNNER.invoke(app, [str(a) for a in arguments])


def record(*arguments: str, code: int = 0) -> dict[str, Any]:
    """The one JSON object on stdout."""
    result = run(*arguments, "--json")
    assert result.exit_code == code, (result.output, result.exception)
    answer = json.loads(result.stdout)
    assert isinstance(answer, dict)
    assert result.stdout.count("\n") == 1
    return answer


def refused(*arguments: str, code: int = 2) -> str:
    """The message of the error that `main` turns into an exit code."""
    result = run(*arguments)
    if isinstance(result.exception, SystemExit):
        assert result.exit_code == code, result.output
        return result.stderr
    assert isinstance(result.exception, SltError), (result.output, result.exception)
    assert result.exception.exit_code == code
    assert result.stdout == ""
    return str(result.exception)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("target") / "net.npz"
    rng = np.random.default_rng(0)
    np.savez(
        path,
        **{
            "fc1.weight": rng.uniform(-1, 1, (3, 2)).astype(np.float32),
            "fc1.bias": rng.uniform(-1, 1, 3).astype(np.float32),
            "fc2.weight": rng.uniform(-1, 1, (1, 3)).astype(np.float32),
        },
    )
    return path


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    path = tmp_path / "sample.txt"
    path.write_text("0.1, 0.2\n0.4 -0.35")
    return path


# solve

SOLVE_KEYS = {"found", "subset", "sum", "error", "optimal", "proof_of_absence"}


def test_solve_finds_the_optimum_of_decimal_numbers(sample):
    answer = record("solve", "--sample", sample, "--target", "0.31")
    assert answer.keys() >= SOLVE_KEYS
    assert answer["subset"] == [0, 1]
    assert answer["optimal"]
    assert answer["error_exact"] == "1/100"
    assert (
        "items 0, 1: error 0.01 (optimal"
        in run("solve", "--sample", sample, "--target", "0.31").stdout
    )


def test_solve_decides_at_eps_exactly(sample):
    options = ("solve", "--sample", str(sample), "--target", "0.31", "--eps")
    assert record(*options, "0.01")["found"]
    answer = record(*options, "0.00999", code=3)
    assert answer["proof_of_absence"]
    assert answer["sum"] is None


def test_solve_takes_sizes_locks_and_numpy_files(tmp_path, sample):
    lock = tmp_path / "lock"
    lock.write_text("2")
    answer = record("solve", "--sample", sample, "--target", "0.3", "--lock", lock, "--size", "2")
    assert answer["subset"][-1] == 2 or 2 in answer["subset"]
    assert len(answer["subset"]) == 2
    array = tmp_path / "a.npy"
    np.save(array, np.array([0.5, 0.25]))
    assert record("solve", "--sample", array, "--target", "3/4")["subset"] == [0, 1]


def write(path: Path, content: Any) -> Path:
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, np.ndarray):
        np.save(path, content, allow_pickle=False)
    else:
        path.write_text(content)
    return path


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", "", ("sample", "empty")),
        ("a.txt", "0.5 nan", ("sample[1]", "nan", "finite")),
        ("a.txt", "inf", ("sample[0]", "finite")),
        ("a.txt", "0.5 abc", ("sample[1]", "abc", "e.g.")),
        ("a.txt", b"\xff\xfe\x00", ("sample",)),
        ("a.npy", b"\x93NUMPY\x01\x00", ("sample", "cannot be read")),
        ("a.npy", b"", ("sample", "cannot be read")),
        ("a.npy", np.array([]), ("sample", "empty")),
        ("a.npy", np.array([0.5, np.nan]), ("sample[1]", "finite")),
        ("a.npy", np.array([1j]), ("sample[0]", "real")),
    ],
)
def test_solve_refuses_samples_that_are_none(tmp_path, name, content, words):
    path = write(tmp_path / name, content)
    message = refused("solve", "--sample", path, "--target", "0.3")
    assert all(word in message for word in words), message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--target", "nan"), ("target = nan", "finite", "e.g.")),
        (("--target", "x"), ("target = x",)),
        (("--target", "0.3", "--eps", "0"), ("eps = ", "> 0")),
        (("--target", "0.3", "--eps", "-0.1"), ("eps = ", "> 0")),
        (("--target", "0.3", "--eps", "NaN"), ("eps = NaN", "finite")),
        (("--target", "0.3", "--size", "9"), ("size = 9",)),
        (("--target", "0.3", "--size", "-1"), ("size = -1",)),
        (("--target", "0.3", "--method", "magic"), ("method = magic",)),
        (("--target", "0.3", "--lock", "/nonexistent"), ("does not exist",)),
    ],
)
def test_solve_refuses_bad_options_by_name(sample, options, words):
    message = refused("solve", "--sample", sample, *options)
    assert all(word in message for word in words), message


@pytest.mark.parametrize("text", ["7", "-1", "0.5", "x"])
def test_solve_refuses_locks_that_are_no_indices(tmp_path, sample, text):
    lock = write(tmp_path / "lock", text)
    assert (
        "lock" in refused("solve", "--sample", sample, "--target", "0", "--lock", lock)
        or text == "x"
    )


def test_solve_refuses_locks_that_are_not_finite(tmp_path, sample):
    lock = write(tmp_path / "lock.npy", np.array([np.nan]))
    assert "lock" in refused("solve", "--sample", sample, "--target", "0", "--lock", lock)


@pytest.mark.parametrize(
    ("array", "target", "code"),
    [
        (np.array(["0.1", "0.2"]), "0.3", 0),
        (np.array(["1/3", "1/6"]), "1/2", 0),
        (np.array([0.1, 0.2]), "0.3", 3),
        (np.array([1 + np.longdouble(2) ** -50]), "1", 3),
    ],
)
def test_solve_takes_numbers_of_files_exactly(tmp_path, array, target, code):
    path = tmp_path / "sample.npy"
    np.save(path, array)
    options = ("solve", "--sample", path, "--target", target, "--eps", "1e-18")
    assert record(*options, code=code)["found"] == (code == 0)


def test_solve_takes_a_mask_of_locked_items(tmp_path, sample):
    lock = tmp_path / "lock.npy"
    items = len(sample.read_text().split())
    np.save(lock, np.arange(items) == 1)
    asked = ("solve", "--sample", sample, "--target", "0", "--lock", lock)
    assert 1 in record(*asked)["subset"]
    np.save(lock, np.array([True]))
    assert "truth value for each item" in refused(*asked)


def test_solve_names_the_way_out_of_an_optimum_over_thousands_of_items(tmp_path):
    path = tmp_path / "many.npy"
    np.save(path, np.linspace(0, 1, 5000))
    message = refused("solve", "--sample", path, "--target", "0.5", code=5)
    assert "2^" in message


def test_a_failure_probability_may_be_a_fraction():
    asked = ("threshold", "--eps", "1/10", "--trials", "200", "--delta")
    assert record(*asked, "1/10")["n"] == record(*asked, "0.1")["n"]


@pytest.mark.parametrize("eps", ["1e400", "1e-400", "1e999999999", "1/0"])
@pytest.mark.parametrize("verb", ["threshold", "bound lueker1998-rss", "check lueker1998-rss"])
def test_errors_that_no_float_holds_are_refused(verb, eps):
    assert "eps = " in refused(*verb.split(), "--eps", eps, "--delta", "0.1")


# threshold, check, bound, list, show


def test_threshold_has_the_keys_of_the_contract():
    answer = record(
        "threshold",
        "--law",
        "uniform",
        "--eps",
        "0.1",
        "--delta",
        "0.1",
        "--trials",
        "200",
        "--seed",
        "1",
        "--threads",
        "1",
    )
    assert answer.keys() >= {"n", "n_low", "n_high", "trials", "quantiles", "histogram"}
    assert answer["n_low"] <= answer["n"] <= answer["n_high"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--eps", "0"), ("eps",)),
        (("--eps", "nan"), ("eps = nan",)),
        (("--eps", "0.1", "--delta", "0"), ("delta = 0",)),
        (("--eps", "0.1", "--delta", "nan"), ("delta = nan",)),
        (("--eps", "0.1", "--law", "cauchy"), ("law = cauchy", "known: uniform")),
        (("--eps", "0.1", "--lo", "1", "--hi", "-1"), ("lo",)),
        (("--eps", "0.1", "--trials", "0"), ("trials = 0",)),
        (("--eps", "0.1", "--seed", "-1"), ("seed = -1",)),
        (("--eps", "0.1", "--max-time", "nan"), ("max_time = nan",)),
        (("--eps", "0.1", "--targets", "some"), ("targets = some",)),
        ((), ("eps", "missing")),
    ],
)
def test_threshold_refuses_bad_options_by_name(options, words):
    message = refused("threshold", *options)
    assert all(word in message for word in words), message


def test_bound_has_the_keys_of_the_contract():
    answer = record("bound", "lueker1998-rss", "--eps", "0.1", "--delta", "0.1", "--trials", "0")
    keys = {
        "certified",
        "counting",
        "necessary",
        "necessary_proof",
        "statistical",
        "statistical_row",
        "measured",
        "fitted",
        "proof",
        "window",
        "unit",
        "assumptions",
        "parameters",
    }
    assert answer.keys() >= keys


def test_bound_refuses_trials_below_zero():
    assert "trials = -1" in refused("bound", "--law", "uniform", "--eps", "0.1", "--trials", "-1")


def test_a_law_with_a_note_says_whose_draws_it_is_near():
    assert "named law" in record("laws", "uniform")["coupling"]
    table = record("laws", "scipy(norm)")
    assert "law of the note" in table["coupling"] + table["certified_numbers"]
    assert "named law" not in table["coupling"]


def test_an_unknown_theorem_is_refused_with_the_nearest_id():
    for verb in (("bound", "--eps", "0.1"), ("show",), ("check", "--eps", "0.1")):
        message = refused(verb[0], "lueker1998-rs", *verb[1:])
        assert "lueker1998-rss" in message


def test_list_and_show():
    answer = record("list")
    keys = {"id", "title", "paper", "kind", "status", "proof_level"}
    assert all(entry.keys() >= keys for entry in answer["theorems"])
    assert "lueker1998-rss" in {entry["id"] for entry in answer["theorems"]}
    assert record("show", "lueker1998-rss")["id"] == "lueker1998-rss"


def test_check_gives_a_verdict_and_its_exit_code():
    options = ("check", "lueker1998-rss", "--eps", "0.1", "--delta", "0.1", "--trials", "400")
    answer = record(*options)
    keys = {"verdict", "n", "successes", "trials", "ci", "alpha", "seed"}
    assert answer.keys() >= keys
    assert answer["verdict"] == "CONSISTENT"


# ticket

BUILD_KEYS = {
    "weights",
    "unreached",
    "unreached_list",
    "complete",
    "source_weights",
    "kept",
    "density",
    "max_weight_error",
    "median_weight_error",
    "sup_error_bound",
    "sup_error_found",
    "seconds",
}
VERIFY_KEYS = {
    "ok",
    "complete",
    "max_weight_error",
    "sup_error_bound",
    "sup_error_found",
    "failures",
}
QUICK = ("--n", "44", "--seed", "1", "--threads", "1")


def test_build_and_verify_have_the_keys_of_the_contract(target, tmp_path):
    out = tmp_path / "t.slt"
    built = record("ticket", "build", "--target", target, "--eps", "0.05", *QUICK, "--out", out)
    assert built.keys() >= BUILD_KEYS
    assert built["complete"]
    assert built["unreached_list"] == []
    assert built["weights"] == 12
    ticket = read_ticket(out)
    assert (ticket.kept, ticket.source_weights) == (built["kept"], built["source_weights"])
    checked = record("ticket", "verify", out, "--target", target)
    assert checked.keys() >= VERIFY_KEYS
    assert checked["ok"]
    assert checked["failures"] == []
    for key in ("max_weight_error", "sup_error_bound", "sup_error_found"):
        assert checked[key] == built[key]
    text = run("ticket", "verify", out, "--target", target).stdout
    assert text.startswith("ok\nlargest weight error ")
    assert ": all 12 weights lie within their eps\nnetwork error over box:0,1: at most" in text
    assert "times the target's weights in float32" in text


def test_a_network_error_reports_the_rule_of_the_theorem_beside_it(target, tmp_path):
    out = tmp_path / "t.slt"
    built = record(
        "ticket",
        "build",
        "--target",
        target,
        "--network-eps",
        "0.5",
        "--n",
        "44",
        "--out",
        out,
    )
    assert built["network_eps"] == 0.5
    assert built["sup_error_bound"] <= 0.5
    assert "theorem_rule" in built


def test_an_incomplete_ticket_is_written_marked_and_rejected(target, tmp_path):
    out = tmp_path / "t.slt"
    built = record(
        "ticket", "build", "--target", target, "--eps", "0.01", "--n", "6", "--out", out, code=3
    )
    assert not built["complete"]
    assert built["unreached"] >= len(built["unreached_list"]) > 0
    assert built["unreached_list"][0].keys() == {"layer", "output", "input", "sign"}
    assert built["sufficient_n"] > 6
    assert not read_ticket(out).complete
    checked = record("ticket", "verify", out, "--target", target, code=1)
    assert not checked["ok"]
    assert not checked["complete"]
    assert "incomplete" in checked["failures"][0]
    assert (
        "INCOMPLETE"
        in run(
            "ticket", "build", "--target", target, "--eps", "0.01", "--n", "6", "--out", out
        ).stdout
    )


def test_another_target_is_rejected(target, tmp_path):
    out = tmp_path / "t.slt"
    record("ticket", "build", "--target", target, "--eps", "0.05", *QUICK, "--out", out)
    other = tmp_path / "other.npz"
    np.savez(other, **{"fc1.weight": np.ones((1, 2), dtype=np.float32)})
    checked = record("ticket", "verify", out, "--target", other, code=1)
    # Infinity is no JSON: it becomes null.
    assert checked["sup_error_bound"] is None


def test_unreadable_tickets_and_targets_exit_with_2(target, tmp_path):
    out = tmp_path / "t.slt"
    record("ticket", "build", "--target", target, "--eps", "0.05", *QUICK, "--out", out)
    whole = out.read_bytes()
    for content in (whole[:-30], whole[: len(whole) // 2], b"", b"PK", target.read_bytes()):
        out.write_bytes(content)
        assert "ticket = " in refused("ticket", "verify", out, "--target", target)
    assert "does not exist" in refused("ticket", "verify", tmp_path / "no", "--target", target)
    broken = tmp_path / "broken.npz"
    broken.write_bytes(target.read_bytes()[:100])
    for path in (broken, tmp_path / "no.npz", tmp_path):
        refused("ticket", "verify", out, "--target", path)
        refused("ticket", "build", "--target", path, "--eps", "0.1", "--out", tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_targets_with_nan_or_infinity_are_refused(tmp_path):
    for value in (np.nan, np.inf):
        path = tmp_path / "bad.npz"
        np.savez(path, **{"fc1.weight": np.array([[0.5, value]], dtype=np.float32)})
        message = refused(
            "ticket", "build", "--target", path, "--eps", "0.1", "--out", tmp_path / "x"
        )
        assert "fc1.weight" in message
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), ("eps, network_eps", "exactly one")),
        (("--eps", "0.1", "--network-eps", "0.1"), ("eps, network_eps", "exactly one")),
        (("--eps", "0"), ("eps = 0", "> 0")),
        (("--eps", "nan"), ("eps = nan", "finite")),
        (("--eps", "-1"), ("eps = -1", "> 0")),
        (("--network-eps", "1e-15"), ("network_eps", "smallest")),
        (("--eps", "0.1", "--n", "0"), ("n = 0",)),
        (("--eps", "0.1", "--n", "1000000"), ("n = 1000000",)),
        (("--eps", "0.1", "--seed", "-1"), ("seed = -1",)),
        (
            ("--eps", "0.1", "--theorem", "pensia2020-two-layers"),
            ("theorem", "pensia2020-two-layer"),
        ),
        (("--eps", "0.1", "--domain", "box:1,0"), ("domain = box:1,0", "e.g.")),
        (("--eps", "0.1", "--objective", "all"), ("objective = all",)),
        (("--eps", "0.1", "--signs", "all"), ("signs = all",)),
        (("--eps", "0.1", "--shared"), ("shared",)),
        (("--eps", "0.1", "--density", "0"), ("density = 0:", "gadhikar2023-network")),
        (("--eps", "0.1", "--density", "1/2"), ("density = 1/2:", "gadhikar2023-network")),
        (("--eps", "0.1", "--size", "0"), ("size = 0", "natale2024-network")),
        (("--eps", "0.1", "--redraws", "0"), ("redraws = 0",)),
        (("--eps", "0.1", "--resolution", "0"), ("resolution = 0",)),
        (("--eps", "0.1", "--memory", "0"), ("memory = 0",)),
        (("--eps", "0.1", "--threads", "0"), ("threads = 0",)),
        *(
            (("--eps", "0.1", "--max-time", text), (f"max_time = {text}", "no limit"))
            for text in ("0.0", "-1.0", "nan", "inf")
        ),
    ],
)
def test_build_refuses_bad_options_and_writes_nothing(target, tmp_path, options, words):
    out = tmp_path / "t.slt"
    n = () if "--n" in options else ("--n", "9")
    message = refused("ticket", "build", "--target", target, *n, *options, "--out", out)
    assert all(word in message for word in words), message
    assert list(tmp_path.iterdir()) == []


def test_build_refuses_places_that_cannot_be_written(target, tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("x")
    for out in (in_the_way / "t.slt", tmp_path / "missing" / "t.slt", tmp_path):
        message = refused(
            "ticket", "build", "--target", target, "--eps", "0.1", *QUICK, "--out", out
        )
        assert "out = " in message
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
    assert in_the_way.read_text() == "x"


# figure, prove, doctor, verify


def test_a_figure_is_written_with_its_data_and_twice_the_same(tmp_path, monkeypatch):
    from slt_theory import figures

    script = figures.load("success_vs_n")
    monkeypatch.setattr(script, "EPS", ("1/10",))
    first = record("figure", "success_vs_n", "--quick", "--out", tmp_path / "a")
    (figure,) = first["figures"]
    assert figure.keys() == {"name", "files", "caption", "data"}
    kinds = {Path(f).suffix for f in figure["files"]}
    assert kinds == {".pdf", ".svg", ".png"}
    assert json.loads(Path(figure["data"]).read_text())["curves"]
    record("figure", "success_vs_n", "--quick", "--out", tmp_path / "b")
    for path in sorted((tmp_path / "a").iterdir()):
        assert (tmp_path / "b" / path.name).read_bytes() == path.read_bytes(), path.name
    assert not [p for p in (tmp_path / "a").iterdir() if p.name.endswith(".tmp")]


def test_figure_refuses_what_it_does_not_know(tmp_path):
    assert "nearest: success_vs_n" in refused("figure", "sucess_vs_n", "--out", tmp_path)
    assert "known: " in refused("figure", "nothing", "--out", tmp_path)
    assert "--all" in refused("figure", "--out", tmp_path)
    assert "style = none" in refused("figure", "success_vs_n", "--style", "none", "--out", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_save_figure_into_a_file_is_refused(tmp_path):
    from matplotlib.figure import Figure

    from slt_theory.errors import BadInput
    from slt_theory.plotting import save_figure

    in_the_way = tmp_path / "file"
    in_the_way.write_text("x")
    for folder in (in_the_way, in_the_way / "sub"):
        with pytest.raises(BadInput, match="out"):
            save_figure(Figure(), "f", folder, table={})
    with pytest.raises(BadInput, match="formats"):
        save_figure(Figure(), "f", tmp_path, table={}, formats=("gif",))
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_prove_one_and_refuse_an_unknown_one():
    answer = record("prove", "lemma-r")
    (proof,) = answer["proofs"]
    assert proof.keys() >= {"id", "level", "steps", "failed"}
    assert not proof["failed"]
    refused("prove", "no-such-lemma")


def test_stored_trials_come_out_again():
    answer = record("prove", "uniform*uniform:0.1:1", "--statistics")
    assert [row["ok"] for row in answer["statistics"]] == [True]
    assert "1 - 1e-9" in answer["confidence"]
    assert "uniform:0.1:1" in refused("prove", "no-such-row", "--statistics")


def test_doctor_passes_its_own_test():
    answer = record("doctor")
    assert answer["ok"]
    assert all(answer["self_test"].values())
    assert answer.keys() >= {"python", "threads", "packages", "extras"}


def test_verify_refuses_contradictions_and_places_before_any_work(tmp_path):
    assert "alternatives" in refused("verify", "--quick", "--full", "--out", tmp_path / "r")
    in_the_way = tmp_path / "file"
    in_the_way.write_text("x")
    assert "out = " in refused("verify", "--quick", "--out", in_the_way / "r")
    assert "out = " in refused("verify", "--quick", "--out", in_the_way)
