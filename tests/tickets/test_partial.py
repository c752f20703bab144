"""Builds that are broken off and taken up again: the same bytes, and nothing else is resumed."""

from __future__ import annotations

import errno
import itertools
import os
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import cases
import numpy as np
import pytest
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.errors import BadInput, NeedsMemory, UnreadableFile
from slt_theory.networks import Dense, save_npz
from slt_theory.tickets import build_ticket, read_ticket, verify, write_ticket
from slt_theory.tickets.partial import Journal, partial_path

CASES = {
    "pensia2020-two-layer": {"n": 44},
    "burkholz2022-depth": {},
    "otsuka2024-frozen-network": {"prune": 0.1, "lock": 0.1},
}
AS_TEXT = {"eps": "1/20", "prune": "1/10", "lock": "1/10"}
TARGET = cases.random_target(3, (6, 5, 4), biases=True, size=0.5)


class Stopped(Exception):
    pass


def build(theorem: str, out, **options):
    arguments = {"eps": 0.05, "seed": 1, "threads": 1, **CASES[theorem], **options}
    ticket = build_ticket(TARGET, theorem=theorem, out=out, **arguments)
    write_ticket(ticket, out)
    return out.read_bytes()


def broken_off(theorem: str, out, after: int, **options) -> int:
    """Stop as soon as `after` blocks of rows are reported; how many sums that was."""
    seen = []

    def progress(done: int) -> None:
        seen.append(done)
        if len(seen) == after:
            raise Stopped

    with pytest.raises(Stopped):
        build(theorem, out, progress=progress, **options)
    return sum(seen)


@pytest.fixture
def small_blocks(monkeypatch):
    """Blocks of a few rows, so that a small build has many."""
    monkeypatch.setattr("slt_theory.tickets.building.fill._BLOCK_ROWS", 2)


@pytest.mark.parametrize("theorem", CASES)
@pytest.mark.parametrize("after", [2])
def test_a_resumed_build_gives_the_bytes_of_an_unbroken_one(theorem, after, tmp_path, small_blocks):
    whole = build(theorem, tmp_path / "whole.slt")
    out = tmp_path / "broken.slt"
    first = broken_off(theorem, out, after)
    assert partial_path(out).exists()
    assert not out.exists()
    told, total = [], []
    again = build(theorem, out, progress=told.append, expect=total.append)
    assert again == whole
    assert not partial_path(out).exists()
    # What was finished is told at once, and everything is told in the end.
    assert told[0] == first or theorem == "burkholz2022-depth"
    assert sum(told) == total[-1]


def test_finished_rows_are_not_solved_again(tmp_path, small_blocks, monkeypatch):
    from slt_theory.tickets.building import fill

    out = tmp_path / "t.slt"
    broken_off("pensia2020-two-layer", out, 2)
    rows = []
    real = fill._Rows.fill

    def counting(self, block, mask):
        rows.extend(block)
        return real(self, block, mask)

    monkeypatch.setattr(fill._Rows, "fill", counting)
    build("pensia2020-two-layer", out)
    assert len(rows) == 5 + 4 - 2 * 2


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_a_torn_end_costs_only_what_it_speaks_of(cut, tmp_path, small_blocks):
    whole = build("pensia2020-two-layer", tmp_path / "whole.slt")
    out = tmp_path / "t.slt"
    broken_off("pensia2020-two-layer", out, 3)
    data = partial_path(out).read_bytes()
    partial_path(out).write_bytes(data[:-cut])
    assert build("pensia2020-two-layer", out) == whole


def test_damaged_rows_are_solved_again(tmp_path, small_blocks):
    whole = build("pensia2020-two-layer", tmp_path / "whole.slt")
    out = tmp_path / "t.slt"
    broken_off("pensia2020-two-layer", out, 3)
    data = bytearray(partial_path(out).read_bytes())
    data[20] ^= 255
    partial_path(out).write_bytes(bytes(data))
    assert build("pensia2020-two-layer", out) == whole


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"seed": 2}, "seed"),
        ({"eps": 0.06}, "eps"),
        ({"n": 45}, "n"),
        ({"signs": "needed"}, "signs"),
    ],
)
def test_other_arguments_are_refused_and_fresh_begins_again(options, named, tmp_path, small_blocks):
    out = tmp_path / "t.slt"
    broken_off("pensia2020-two-layer", out, 1)
    with pytest.raises(BadInput, match=f"another.*{named}.*--fresh"):
        build("pensia2020-two-layer", out, **options)
    assert partial_path(out).exists()
    fresh = build("pensia2020-two-layer", out, fresh=True, **options)
    assert fresh == build("pensia2020-two-layer", tmp_path / "other.slt", **options)


ONE = (Fraction(1, 20), "0.05", "1/20", "5e-2", Decimal("0.05"))
"""The same number, in the spellings of Python and of the command line."""


@pytest.mark.parametrize("first", ONE[:2])
@pytest.mark.parametrize("then", ONE)
def test_a_number_is_the_same_however_it_is_written(first, then, tmp_path, small_blocks):
    out = tmp_path / "t.slt"
    broken_off("pensia2020-two-layer", out, 1, eps=first, domain="box:0,1")
    build("pensia2020-two-layer", out, eps=then, n=np.int64(44))


def test_a_float_is_the_dyadic_number_that_it_stores(tmp_path, small_blocks):
    out = tmp_path / "t.slt"
    broken_off("pensia2020-two-layer", out, 1, eps=0.05)
    with pytest.raises(BadInput, match="another eps;"):
        build("pensia2020-two-layer", out, eps="0.05")
    build("pensia2020-two-layer", out, eps=Fraction(0.05))


@pytest.mark.parametrize("verb_first", [True, False])
def test_the_verb_and_python_go_on_with_each_others_builds(verb_first, tmp_path, small_blocks):
    out, target = tmp_path / "t.slt", tmp_path / "net.npz"
    save_npz(TARGET, target)
    theorem = "otsuka2024-frozen-network"
    words = ["--theorem", theorem, "--prune", "0.1", "--lock", "0.1", "--domain", "box:0,1.0"]
    words += ["--eps", "0.05", "--seed", "1", "--threads", "1"]
    words = ["ticket", "build", "--target", str(target), "--out", str(out), *words]
    if verb_first:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Journal, "put", stopping(Journal.put, 2))
            assert CliRunner().invoke(app, words).exit_code == 130
        assert partial_path(out).exists()
        build(theorem, out, **AS_TEXT)
    else:
        broken_off(theorem, out, 2, **AS_TEXT)
        assert CliRunner().invoke(app, words).exit_code == 0
    assert not partial_path(out).exists()
    build(theorem, tmp_path / "whole.slt", **AS_TEXT)
    pairs = zip(read_ticket(out).masks, read_ticket(tmp_path / "whole.slt").masks, strict=True)
    assert all((a == b).all() for x, y in pairs for a, b in zip(x, y, strict=True))


def stopping(put, after: int):
    """Store some blocks of rows, then behave like Ctrl-C."""
    count = itertools.count(1)

    def stop(*given):
        put(*given)
        if next(count) == after:
            raise KeyboardInterrupt

    return stop


def test_another_target_is_refused(tmp_path, small_blocks):
    out = tmp_path / "t.slt"
    broken_off("pensia2020-two-layer", out, 1)
    other = cases.random_target(4, (6, 5, 4), biases=True, size=0.5)
    with pytest.raises(BadInput, match="another target"):
        build_ticket(other, eps=0.05, seed=1, threads=1, n=44, out=out)


@pytest.mark.parametrize(
    "content", [b"", b"slt-part", b"PK\x03\x04" * 9, b"slt-part" + b"\xff" * 8]
)
def test_some_other_file_in_its_place_is_refused(content, tmp_path):
    out = tmp_path / "t.slt"
    partial_path(out).write_bytes(content)
    with pytest.raises(UnreadableFile, match="fresh"):
        build("pensia2020-two-layer", out)
    build("pensia2020-two-layer", out, fresh=True)


def test_a_second_attempt_is_resumed_as_such(tmp_path, small_blocks, monkeypatch):
    """The first n fails for want of a sum, the second is broken off: it goes on with the second."""
    from slt_theory.tickets.building import pairs

    monkeypatch.setattr(pairs, "sufficient_n", lambda *_, **__: 20)
    whole = build("pensia2020-two-layer", tmp_path / "whole.slt", n=None)
    out = tmp_path / "t.slt"
    first_attempt = -(-5 // 2) + -(-4 // 2)
    broken_off("pensia2020-two-layer", out, first_attempt + 2, n=None)
    assert build("pensia2020-two-layer", out, n=None) == whole


def test_threads_change_nothing(tmp_path, small_blocks):
    theorem = "otsuka2024-frozen-network"
    one = build(theorem, tmp_path / "one.slt", threads=1)
    assert build(theorem, tmp_path / "two.slt", threads=2) == one


def test_memory_is_bounded_before_anything_is_drawn(tmp_path):
    with pytest.raises(NeedsMemory, match="--memory"):
        build_ticket(TARGET, eps=0.05, seed=1, n=44, max_memory=1000)
    with pytest.raises(BadInput):
        build_ticket(TARGET, eps=0.05, seed=1, n=44, max_memory=0)
    with pytest.raises(NeedsMemory):
        build("pensia2020-two-layer", tmp_path / "t.slt", max_memory=1000)
    assert not partial_path(tmp_path / "t.slt").exists()


def test_masks_kept_on_disk_need_no_memory(tmp_path):
    wide = cases.random_target(3, (40, 200), biases=False)
    # All masks take 1.8 MB, the certificate and one row at a time 0.8 MB.
    limit = 1 << 20
    with pytest.raises(NeedsMemory):
        build_ticket(wide, eps=0.05, seed=1, n=900, max_memory=limit, threads=1)


def test_the_ticket_of_a_resumed_build_verifies(tmp_path, small_blocks):
    out = tmp_path / "t.slt"
    broken_off("otsuka2024-frozen-network", out, 2)
    ticket = build_ticket(
        TARGET, theorem="otsuka2024-frozen-network", eps=0.05, seed=1, threads=1, prune=0.1,
        lock=0.1, out=out,
    )  # fmt: skip
    assert verify(ticket, TARGET).ok
    assert isinstance(ticket.masks[0][1], np.memmap)


@pytest.mark.skipif(not hasattr(os, "posix_fallocate"), reason="this system reserves nothing")
def test_a_full_disk_is_said_before_anything_is_solved(tmp_path, small_blocks, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    # A mapped file on a full disk would end the process by a signal.
    monkeypatch.setattr(os, "posix_fallocate", full)
    with pytest.raises(BadInput, match=r"cannot be written.*No space left"):
        build("pensia2020-two-layer", tmp_path / "t.npz")
    assert list(tmp_path.iterdir()) == []


def test_all_bytes_of_an_unfinished_build_are_reserved(tmp_path, small_blocks):
    out = tmp_path / "t.npz"
    broken_off("pensia2020-two-layer", out, 2)
    size = partial_path(out).stat()
    assert size.st_blocks * 512 >= size.st_size // 512 * 512


def test_a_line_goes_to_the_file_whose_rows_it_speaks_of(tmp_path, small_blocks):
    # Another process may put a file of its own in the place of the one that is mapped.
    path, layers = tmp_path / "t.partial", [SimpleNamespace(packed_shape=(4, 8))]
    first = Journal(path, {"of": "first"}, layers)
    second = Journal(path, {"of": "second"}, layers, fresh=True)
    first.put(0, range(4), [(0, 0)])
    assert second.finished(0) == Journal(path, {"of": "second"}, layers).finished(0) == {}


def test_a_layer_of_many_copies_is_refused_before_its_sums_are_solved(tmp_path):
    """The certificate holds a number for every link of it: 60 x 60 copies of 30 x 40 weights."""
    wide = Dense([np.full((40, 2), 0.5), np.full((30, 40), 0.25), np.full((1, 30), 0.5)])
    with pytest.raises(NeedsMemory, match="the ticket"):
        build_ticket(
            wide,
            theorem="burkholz2022-depth",
            eps=0.05,
            seed=1,
            n=60,
            max_memory=1 << 25,
            out=tmp_path / "t.slt",
        )
