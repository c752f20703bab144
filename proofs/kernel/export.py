"""Rocq files that Python writes: tables, claims and the request for a report."""

from __future__ import annotations

import random
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

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


def claims_file() -> str:
    """The claims of Python as Rocq examples: the law it samples, and every row on its lattices."""
    names = " ".join(row.name for row in ROWS)
    parts = [_law(bits) for bits in (24, 52)]
    parts += [_claims(row, bits) for row in ROWS for bits in (24, 52)]
    return _HEADER + _IMPORTS.format(f"Law Checker Floor {names}") + _OPEN + "".join(parts)


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
