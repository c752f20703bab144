"""Rocq files that Python writes: tables, claims and the request for a report."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np

from slt_theory.certified import certified_n
from slt_theory.errors import BadInput
from slt_theory.laws import Uniform

from .statements import BINS, ROWS, STATEMENTS, Row
from .tables import LEAST, Table, make_table

__all__ = ["claims_file", "floor_total", "generated", "report_file", "row_file", "table_text"]

_HEADER = "(* Written by slt_theory.proofs.kernel; do not edit. *)\n"
_IMPORTS = "From Coq Require Import ZArith QArith List.\nFrom slt Require Import {}.\n"
_OPEN = "Import ListNotations.\nOpen Scope Z_scope.\n\n"


def _listed(items: Iterable[object], between: str = "; ") -> str:
    return "[" + between.join(str(item) for item in items) + "]"


def rational(value: Fraction) -> str:
    """A rational number in Rocq."""
    return f"({value.numerator} # {value.denominator})"


def table_text(table: Table) -> str:
    """A table as a Rocq record; one line a row."""
    rows = _listed((_listed(f"({a}, {s})" for a, s in row) for row in table.rows), ";\n  ")
    return (
        f"{{| shares := {table.shares};\n   unit := {table.unit};\n"
        f"   states := {_listed(table.states)};\n   rows :=\n  {rows} |}}"
    )


def floor_total(eps: Fraction) -> int:
    """The largest total of bins that misses a target at the end of [-1/2, 1/2] by over 2 eps."""
    gap = (Fraction(1, 2) - 2 * eps) * BINS
    return gap.numerator // gap.denominator - (gap.denominator == 1)


def row_file(row: Row, table: Table | None = None) -> str:
    """Both theorems of a row; the kernel computes the two checks."""
    found = make_table(row.eps, row.delta, row.enough) if table is None else table
    question = f"{rational(row.eps)} {rational(row.delta)}"
    return (
        _HEADER
        + _IMPORTS.format("Law Checker Floor")
        + _OPEN
        + f"Definition certificate : table :=\n  {table_text(found)}.\n\n"
        f"Theorem enough : forall H : positive, {LEAST} <= Zpos (2 * H) ->\n"
        f"  suffices (2 * H) {row.enough} {question}.\n"
        "Proof. apply (check_sound certificate). vm_cast_no_check (eq_refl true). Qed.\n\n"
        f"Theorem needed : forall (m : positive) (n : nat),\n"
        f"  suffices ({BINS} * m) n {question} -> (n >= {row.needed})%nat.\n"
        f"Proof. apply (necessary {BINS} {floor_total(row.eps)} {row.needed - 1}). "
        "vm_cast_no_check (eq_refl true). Qed.\n"
    )


def _law(bits: int) -> str:
    """Draws, ends and random ones, through the Python law and through the Rocq law."""
    size = 1 << bits
    source = random.Random(bits)
    draws = [0, 1, 2, 3, 4 * size - 2, 4 * size - 1, 2 * size - 1, 2 * size]
    draws += [source.randrange(4 * size) for _ in range(24)]
    law = Uniform(bits=bits)
    # The generator takes the leading bits of one or two words; the low word comes first.
    width = 32 * law.slots
    words = [draw << (width - bits - 2) for draw in draws]
    split = [[word >> (32 * slot) & 0xFFFFFFFF for slot in range(law.slots)] for word in words]
    items = law.integers(np.array(split, dtype=np.uint32)).tolist()
    return (
        f"Example law_{bits} : items {size}\n  {_listed(draws)}\n  = {_listed(items)}.\n"
        "Proof. vm_compute. reflexivity. Qed.\n\n"
        f"Example draws_{bits} : size {size} = {4 * size}.\nProof. reflexivity. Qed.\n\n"
    )


def _claims(row: Row, bits: int) -> str:
    """The row on one lattice of the toolkit, as Python claims it."""
    size, question = 1 << bits, f"{rational(row.eps)} {rational(row.delta)}"
    return (
        f"Example {row.name.lower()}_{bits} :\n"
        f"  suffices {size} {row.enough} {question}\n"
        f"  /\\ forall n, suffices {size} n {question} -> (n >= {row.needed})%nat.\n"
        f"Proof. split; [apply ({row.name}.enough {size // 2}); discriminate\n"
        f"  |apply ({row.name}.needed {size // BINS})]. Qed.\n\n"
    )


_COMPUTED = "vm_compute; first [reflexivity | discriminate]. Qed.\n\n"


def _two_phases(eps: Fraction, delta: Fraction, size: int, n: int) -> tuple[int, int, int] | None:
    """Reach, open gap and items of the first phase with which Lemma R holds for n items."""
    room = 2 * eps * size // 1
    reach, gap = room // 2, room - room // 2
    start = 2 * reach + 1
    for a in range(n + 1):
        b = n - a
        first, second = Fraction(7, 8) ** a / (2 * start), Fraction(3, 4) ** b / (2 * gap)
        if size * (first + second) <= delta:
            return reach, gap, a
    return None


def _lemma_r(row: Row, bits: int) -> str:
    """The number that `certified_n` gives by Lemma R, on one lattice of the toolkit."""
    found = certified_n(2 * row.eps, row.delta, lo="-1/2", hi="1/2", method="lemma-r")
    assert found is not None
    size = 1 << bits
    phases = _two_phases(row.eps, row.delta, size, found.n)
    if phases is None:
        raise BadInput("n", found.n, f"is not what Lemma R gives on a lattice of {bits} bits")
    reach, gap, a = phases
    question = f"{rational(row.eps)} {rational(row.delta)}"
    return (
        f"Example lemma_r_{row.name[4:]}_{bits} : suffices {size} {found.n} {question}.\n"
        f"Proof. refine (lemma_r {size // 2} {reach} {gap} {a} {found.n - a} {question} "
        f"_ _ _ _ _); {_COMPUTED}"
    )


def _layers(row: Row) -> str:
    """Two layers on the lattice of network weights: by a row, and by Lemma R at any size."""
    bits = 24
    size, side = 1 << bits, 10
    sums = 4 * side * side
    eps, delta = Fraction(1, 400), Fraction(1, 100 * sums)
    n = next(n for n in itertools.count(1) if _two_phases(eps, delta, size, n))
    reach, gap, a = _two_phases(eps, delta, size, n) or (0, 0, 0)
    question = f"{rational(eps)} {rational(delta)}"
    return (
        f"Theorem layer_2_2 :\n  all_but (times 16 {rational(row.delta)}) {size} "
        f"(16 * {row.enough})\n    (contains {size} 2 2 2 {row.enough} plus_minus "
        f"(4 * {rational(row.eps)})).\n"
        f"Proof. apply (dense_layer {size} 2 2 {row.enough}).\n"
        f"  apply ({row.name}.enough {size // 2}); discriminate. Qed.\n\n"
        f"Theorem layer_{side}_{side} :\n  all_but (times {sums} {rational(delta)}) {size} "
        f"({sums} * {n})\n    (contains {size} {side} {side} 2 {n} plus_minus "
        f"(4 * {rational(eps)})).\n"
        f"Proof. refine (explicit_layer {size // 2} {side} {side} {a} {n - a} {reach} {gap} "
        f"{question} _ _ _ _ _); {_COMPUTED}"
    )


def _wide(row: Row) -> str:
    """All of [-1, 1] by two blocks of a row's items, on the lattice of pure sums."""
    size, blocks = 1 << 52, 2
    error = f"inject_Z {blocks} * (2 * {rational(row.eps)})"
    return (
        f"Theorem wide_{row.name[4:]} :\n  all_but (times {blocks} {rational(row.delta)}) {size} "
        f"({blocks} * {row.enough})\n    (fun rs => reaches {size} ({error}) "
        f"(-{blocks} # 2) ({blocks} # 2)\n                       (items {size} rs)).\n"
        f"Proof. apply (wide {size} {row.enough} {blocks}); [repeat constructor|].\n"
        f"  apply ({row.name}.enough {size // 2}); discriminate. Qed.\n\n"
    )


def _products(row: Row) -> str:
    """Products, and a layer of them, on the lattice of weights: twice the failure of a row."""
    half, delta = 1 << 23, 2 * row.delta
    tail = (
        (n, Fraction(sum(math.comb(n, i) for i in range(row.enough)), 1 << n))
        for n in itertools.count(2 * row.enough)
    )
    n = next(n for n, share in tail if row.delta + share <= delta)
    conditions = (
        f"  - apply ({row.name}.enough {half // 2}); discriminate.\n"
        "  - rewrite <- tails_tail. vm_compute. discriminate. Qed.\n\n"
    )
    return (
        f"Theorem products_{row.name[4:]} : forall ks,\n"
        f"  Forall (large {half}) ks -> length ks = {n}%nat ->\n"
        f"  all_but {rational(delta)} {2 * half} {n} (fun rs =>\n"
        f"    reaches ({2 * half} * {2 * half}) ({rational(row.eps)} + ({n} # {4 * half})) "
        f"(-1 # 4) (1 # 4)\n      (products ks (items {2 * half} rs))).\n"
        f"Proof. intros ks Hk Hn. apply (products_suffice {half} ks {n} {row.enough} "
        f"{rational(row.eps)} {rational(row.delta)} {rational(delta)} Hk Hn).\n"
        f"{conditions}"
        f"Theorem product_layer_2_2 : forall k first,\n"
        f"  (forall j s b h, (j < 2)%nat -> (b < 4)%nat -> (h < {n})%nat ->\n"
        f"    large {half} (k j s b h)\n"
        f"    /\\ (first j s b h j == sign s * (k j s b h # {2 * half}))%Q) ->\n"
        f"  all_but (times 32 {rational(delta)}) {2 * half} (32 * {n})\n"
        f"    (contains {2 * half} 2 2 4 {n} first "
        f"(inject_Z 4 * ({rational(row.eps)} + ({n} # {4 * half})))).\n"
        f"Proof. intros k first Hk. apply (product_layer {half} 2 2 {n} {row.enough} k first Hk "
        f"{rational(row.eps)} {rational(row.delta)} {rational(delta)}).\n"
        f"{conditions}"
    )


def claims_file(rows: Sequence[Row] = ROWS) -> str:
    """The claims of Python as Rocq examples: the law it samples, and every row on its lattices."""
    names = " ".join(row.name for row in rows)
    parts = [_law(bits) for bits in (24, 52)]
    parts += [text(row, bits) for text in (_claims, _lemma_r) for row in rows for bits in (24, 52)]
    head = _IMPORTS.format(f"Law Checker Floor LemmaR Layer Explicit Products Pensia {names}")
    parts += [*map(_wide, rows), _products(rows[-1]), _layers(rows[-1])]
    return _HEADER + head + _OPEN + "".join(parts)


def report_file() -> str:
    """Prints every theorem with what it assumes."""
    names = [name for one in STATEMENTS for name in one.theorems]
    files = " ".join(dict.fromkeys(name.partition(".")[0] for name in names))
    text = "".join(f"Check {name}.\nPrint Assumptions {name}.\n" for name in names)
    head = "From Coq Require Import ZArith QArith List.\n"
    return f"{_HEADER}{head}From slt Require {files} Claims.\nFrom slt Require Import Law.\n" + text


def generated() -> dict[str, str]:
    """Every generated file by its name without suffix; the last ones need all others."""
    files = {row.name: row_file(row) for row in ROWS}
    return {**files, "Claims": claims_file(), "Report": report_file()}
