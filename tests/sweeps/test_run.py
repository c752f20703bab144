"""Counts of blocks are those of whole experiments, for every backend, order and interruption."""

from __future__ import annotations

import sqlite3
import sys
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from killing import resume, stored_blocks, table, unbroken

from slt_theory.errors import BadInput, MissingExtra, UnreadableFile
from slt_theory.experiments import check, threshold
from slt_theory.experiments.catalogue import run_entry
from slt_theory.experiments.check import successes_at
from slt_theory.experiments.question import Question
from slt_theory.sweeps import Store, Sweep, export, frame, rows, run_sweep
from slt_theory.sweeps import backends as backends_module
from slt_theory.sweeps.draws import DRAWS, Draw, Tally, compute, own_release
from slt_theory.sweeps.report import Progress
from slt_theory.theorems import all_theorems


def measured(sweep: Sweep, **options: Any) -> list[dict[str, Any]]:
    with Store(None) as store:
        assert run_sweep(sweep, store=store, **options).complete
        return rows(sweep, store)


SMALL = Sweep(
    "threshold",
    fixed={"delta": 0.1},
    grid={"eps": ["1/10", "1/25"], "law": ["uniform", "normal"]},
    trials=350,
    block=100,
    seed=3,
)


@pytest.mark.parametrize(
    "asks",
    [
        {},
        {"law": "normal*normal", "targets": "random"},
        {"targets": "fixed:1/3"},
        {"targets": "random", "size": 3},
        {"targets": "random", "lock": "1/4", "prune": "1/8"},
        {"targets": "random", "law": "normal", "dim": 2},
    ],
)
def test_a_threshold_is_that_of_one_experiment(asks: dict[str, Any]) -> None:
    trials = 40 if "dim" in asks else 250
    sweep = Sweep(
        "threshold", fixed={"eps": "1/20", "delta": 0.1, **asks}, trials=trials, block=60, seed=2
    )
    (row,) = measured(sweep, workers=2)
    shares = {k: Fraction(v) if k in ("lock", "prune") else v for k, v in asks.items()}
    found = threshold(eps=Fraction(1, 20), delta=0.1, trials=trials, seed=2, **shares)
    assert (row["n"], row["n_low"], row["n_high"]) == (found.n, found.n_low, found.n_high)


def test_a_curve_is_that_of_one_experiment() -> None:
    found = threshold(eps=Fraction(1, 10), delta=0.1, trials=350, seed=3)
    sweep = Sweep("curve", fixed={"eps": "1/10"}, trials=350, block=90, seed=3)
    got = [(r["n"], r["successes"], r["success_low"], r["success_high"]) for r in measured(sweep)]
    assert got == [(p.n, p.successes, p.lo, p.hi) for p in found.curve()]


@pytest.mark.parametrize("asks", [{}, {"lock": "1/4"}])
def test_successes_are_those_of_one_experiment(asks: dict[str, str]) -> None:
    sweep = Sweep(
        "success", fixed={"eps": "1/10", **asks}, grid={"n": [8, 11]}, trials=300, block=70, seed=4
    )
    shares = {k: Fraction(v) for k, v in asks.items()}
    question = Question.of("uniform", Fraction(1, 10), "all", -1, 1, **shares)
    assert [r["successes"] for r in measured(sweep)] == [
        successes_at(question, n, trials=300, seed=4) for n in (8, 11)
    ]


def test_a_check_is_that_of_a_fixed_sample() -> None:
    fixed = {"eps": "1/10", "delta": 0.1}
    necessary = [t.id for t in all_theorems() if t.claims == "necessary" and t.named_n]
    claims = ["lueker1998-rss", necessary[0]]
    sweep = Sweep("check", fixed=fixed, grid={"claim": claims}, trials=300, block=80)
    for row, claim in zip(measured(sweep), claims, strict=True):
        one = check(claim, eps=Fraction(1, 10), delta=0.1, trials=300, fixed=True)
        assert (row["verdict"], row["n"], row["successes"]) == (
            str(one.verdict),
            one.n,
            one.successes,
        )
        assert (row["success_low"], row["success_high"]) == one.ci


def test_an_entry_is_checked_once_for_every_seed() -> None:
    sweep = Sweep("entry", fixed={"claim": "kumar2025-partition"}, trials=3, seed=5)
    (row,) = measured(sweep)
    verdicts = [str(run_entry("kumar2025-partition", seed=5 + t).verdict) for t in range(3)]
    assert {v: row[v] for v in set(verdicts)} == {v: verdicts.count(v) for v in set(verdicts)}
    assert row["trials"] == 3


def test_the_same_numbers_for_any_workers_and_blocks() -> None:
    one = measured(SMALL, workers=1)
    assert measured(SMALL, workers=3) == one
    other = Sweep(SMALL.kind, SMALL.trials, SMALL.seed, SMALL.fixed, SMALL.grid, block=33)
    assert measured(other, workers=2) == one


def test_a_second_run_does_nothing_and_says_so(tmp_path: Path) -> None:
    store = tmp_path / "s.sqlite"
    first, second = resume(SMALL, store), resume(SMALL, store)
    assert (first.done, first.skipped) == (16, 0)
    assert (second.done, second.skipped, second.failed) == (0, 16, 0)
    assert "nothing to do" in second.summary()
    with Store(store) as opened:
        assert len(opened.runs()) == 1


def test_more_trials_add_to_what_is_there(tmp_path: Path) -> None:
    store = tmp_path / "s.sqlite"
    resume(SMALL, store)
    more = Sweep(SMALL.kind, 500, SMALL.seed, SMALL.fixed, SMALL.grid, block=100)
    report = resume(more, store)
    # Three whole blocks of each cell are kept, the short fourth is another block.
    assert (report.skipped, report.done) == (12, 8)
    assert table(more, store, tmp_path) == unbroken(more, tmp_path)


def test_sweeps_share_cells_in_one_store(tmp_path: Path) -> None:
    store = tmp_path / "s.sqlite"
    resume(SMALL, store)
    stricter = Sweep("threshold", 350, 3, {"delta": 0.02}, SMALL.grid, block=100)
    curve = Sweep("curve", 350, 3, {}, SMALL.grid, block=100)
    assert (resume(stricter, store).done, resume(curve, store).done) == (0, 0)
    assert table(stricter, store, tmp_path) == unbroken(stricter, tmp_path)


def test_a_stop_keeps_what_is_finished(tmp_path: Path) -> None:
    store, stop = tmp_path / "s.sqlite", threading.Event()

    def after_one(now: Progress) -> None:
        if now.done:
            stop.set()

    slow = Sweep("threshold", 200_000, 3, {"delta": 0.1, "eps": "1/200"}, block=500)
    report = run_sweep(slow, store=store, workers=2, progress=after_one, stop=stop)
    assert report.interrupted
    assert report.exit_code == 130
    assert 0 < report.done == stored_blocks(store) < 400
    with Store(store) as opened, pytest.raises(BadInput, match="not finished"):
        rows(slow, opened)
    assert resume(slow, store).skipped == report.done


def test_ctrl_c_keeps_what_is_finished(tmp_path: Path) -> None:
    store, seen = tmp_path / "s.sqlite", []

    def interrupt(now: Progress) -> None:
        if now.done and not seen:
            seen.append(now.done)
            raise KeyboardInterrupt

    slow = Sweep("threshold", 200_000, 3, {"delta": 0.1, "eps": "1/200"}, block=500)
    with pytest.raises(KeyboardInterrupt):
        run_sweep(slow, store=store, workers=2, progress=interrupt)
    assert 0 < seen[0] <= stored_blocks(store) < 400


def _break(monkeypatch: pytest.MonkeyPatch, run: Any) -> None:
    monkeypatch.setitem(DRAWS, "hitting-times", Draw(DRAWS["hitting-times"].version, run))


def test_a_cell_that_fails_is_named_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, store = DRAWS["hitting-times"].run, tmp_path / "s.sqlite"

    def some(record: Any, seed: int, start: int, trials: int) -> Tally:
        if record["law"] == "normal" and start >= 100:
            raise MemoryError("too much")
        return original(record, seed, start, trials)

    with monkeypatch.context() as broken:
        _break(broken, some)
        report = run_sweep(SMALL, store=store, workers=2)
    assert (report.finished, report.points) == (2, 4)
    assert report.done + report.failed == 16
    assert report.exit_code == 70
    assert {f.draw for f in report.failures} == {"hitting-times"}
    assert all("normal" in f.parameters and "too much" in f.error for f in report.failures)
    assert resume(SMALL, store).skipped == report.done
    assert table(SMALL, store, tmp_path) == unbroken(SMALL, tmp_path)


def test_a_changed_algorithm_is_noticed_before_it_mixes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "s.sqlite"
    resume(SMALL, store)
    original = DRAWS["hitting-times"].run
    _break(
        monkeypatch, lambda record, seed, start, trials: original(record, seed, start + 1, trials)
    )
    more = Sweep(SMALL.kind, 500, SMALL.seed, SMALL.fixed, SMALL.grid, block=100)
    with pytest.raises(UnreadableFile, match="computed now"):
        run_sweep(more, store=store, workers=2)
    fresh = run_sweep(more, store=store, workers=2, fresh=True)
    assert (fresh.skipped, fresh.done) == (0, 20)
    assert fresh.set_aside == str(tmp_path / "s.sqlite.old")
    assert stored_blocks(Path(fresh.set_aside)) >= 16


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("UPDATE blocks SET tally = '{\"9\":100}' WHERE start = 0", "checksum"),
        ("UPDATE blocks SET tally = 'no' WHERE start = 100", "checksum"),
        ("UPDATE blocks SET checksum = '0'", "checksum"),
        ("PRAGMA user_version = 99", "newer"),
        ("PRAGMA application_id = 1", "another program"),
        ("DROP TABLE blocks", "cannot be used"),
    ],
)
def test_a_damaged_store_is_refused(tmp_path: Path, damage: str, says: str) -> None:
    store = tmp_path / "s.sqlite"
    resume(SMALL, store)
    with sqlite3.connect(store) as db:
        db.execute(damage)
    db.close()
    with pytest.raises(UnreadableFile, match=says):
        run_sweep(SMALL, store=store)
    assert run_sweep(SMALL, store=store, fresh=True).done == 16


def test_what_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    text, other = tmp_path / "a.txt", tmp_path / "other.sqlite"
    text.write_text("not a database, and longer than a header of SQLite would be" * 3)
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    before = text.read_bytes(), other.read_bytes()
    for path in (text, other, tmp_path / "no" / "folder.sqlite"):
        with pytest.raises(UnreadableFile):
            run_sweep(SMALL, store=path)
    assert (text.read_bytes(), other.read_bytes()) == before


def test_an_old_store_is_migrated_and_a_broken_migration_undone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from slt_theory.sweeps import migrations

    store = tmp_path / "s.sqlite"
    resume(SMALL, store)
    good = ("ALTER TABLE blocks ADD COLUMN note TEXT", "UPDATE blocks SET note = 'kept'")
    with monkeypatch.context() as newer:
        newer.setattr(migrations, "STEPS", (*migrations.STEPS, (*good, "NO STATEMENT")))
        with pytest.raises(UnreadableFile):
            Store(store)
    assert resume(SMALL, store).skipped == 16
    monkeypatch.setattr(migrations, "STEPS", (*migrations.STEPS, good))
    with Store(store):
        pass
    with sqlite3.connect(store) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        assert db.execute("SELECT DISTINCT note FROM blocks").fetchall() == [("kept",)]
    db.close()


def test_a_store_says_where_its_numbers_are_from(tmp_path: Path) -> None:
    store = tmp_path / "s.sqlite"
    resume(SMALL, store)
    with Store(store) as opened:
        (run,) = opened.runs()
    assert run["blocks"] == 16
    assert run["key"] == SMALL.key
    assert run["sweep"] == SMALL.to_dict()
    assert {"python", "numpy", "numba", "slt-theory", "commit", "host", "started"} <= run.keys()


def test_writing_a_block_twice_changes_nothing_and_another_count_is_refused() -> None:
    from slt_theory.sweeps.draws import blocks_of, success_cell

    question = Question.of("uniform", Fraction(1, 10), "all", -1, 1)
    block = blocks_of(success_cell(question, 11, 0), 50, 50)[0]
    found = compute(block, own_release())
    with Store(None) as store:
        store.begin({}, "key", "threads")
        store.add(block, found)
        store.add(block, found._replace(seconds=9.0))
        assert store.runs()[0]["blocks"] == 1
        with pytest.raises(UnreadableFile, match="other counts"):
            store.add(block, found._replace(tally={"0": 50}))


def test_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pandas, parquet = pytest.importorskip("pandas"), pytest.importorskip("pyarrow.parquet")
    with Store(tmp_path / "s.sqlite") as store:
        run_sweep(SMALL, store=store)
        as_csv = export(SMALL, store, tmp_path / "t" / "table.csv")
        as_parquet = export(SMALL, store, tmp_path / "table.parquet")
        made = frame(SMALL, store)
        assert as_csv.read_bytes().count(b"\n") == 5
        pandas.testing.assert_frame_equal(pandas.read_csv(as_csv)[["n", "eps"]], made[["n", "eps"]])
        got = parquet.read_table(as_parquet)
        assert got.column("n").to_pylist() == made["n"].tolist()
        assert b"threshold" in got.schema.metadata[b"sweep"]
        assert export(SMALL, store, tmp_path / "again.parquet").read_bytes() == (
            as_parquet.read_bytes()
        )
        with pytest.raises(BadInput, match=r"\.csv"):
            export(SMALL, store, tmp_path / "table.xls")
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        monkeypatch.setitem(sys.modules, "pandas", None)
        with pytest.raises(MissingExtra, match="tables"):
            export(SMALL, store, tmp_path / "other.parquet")
        with pytest.raises(MissingExtra, match="tables"):
            frame(SMALL, store)


def test_bad_backends_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for options in (
        {"backend": "mpi"},
        {"scheduler": "tcp://nowhere:1"},
        {"backend": "dask", "scheduler": "tcp://nowhere:1", "workers": 2},
        {"workers": 0},
    ):
        with pytest.raises(BadInput):
            run_sweep(SMALL, **options)
    monkeypatch.setattr(backends_module, "_CONNECT_SECONDS", 1)
    pytest.importorskip("distributed")
    with pytest.raises(BadInput, match="cannot be reached"):
        run_sweep(SMALL, backend="dask", scheduler="tcp://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingExtra, match="cluster"):
        run_sweep(SMALL, backend="dask")
