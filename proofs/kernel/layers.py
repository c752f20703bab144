"""Claims about networks: dense layers inside two-layer sources, on the lattice of weights."""

from __future__ import annotations

import itertools
from fractions import Fraction

from .sizes import chernoff, products_needed, two_phases
from .statements import DrawnNetwork, Row
from .tables import LEAST, Table, make_table, table_text
from .text import COMPUTED, HEADER, OPEN, imported, rational

__all__ = ["layers", "network_file", "products"]

BITS = 24


def layers(row: Row) -> str:
    """Two layers on the lattice of network weights: by a row, and by Lemma R at any size."""
    bits = 24
    size, side = 1 << bits, 10
    sums = 4 * side * side
    eps, delta = Fraction(1, 400), Fraction(1, 100 * sums)
    n = next(n for n in itertools.count(1) if two_phases(eps, delta, size, n))
    reach, gap, a = two_phases(eps, delta, size, n) or (0, 0, 0)
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
        f"{question} _ _ _ _ _); {COMPUTED}"
    )


def products(row: Row) -> str:
    """Products, and a layer of them, on the lattice of weights: twice the failure of a row."""
    half, delta = 1 << 23, 2 * row.delta
    n = products_needed(row.enough, delta - row.delta)
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


def network_file(network: DrawnNetwork, table: Table | None = None) -> str:
    """A source every weight of which is drawn; its sums by a table of the dynamic program."""
    one, size = network, 1 << BITS
    found = make_table(one.eps, one.delta, one.enough) if table is None else table
    u, v = chernoff(one.candidates, one.products)
    least, sides = one.products - 1, f"{one.inputs} {one.outputs}"
    shares = f"{rational(one.eps)} {rational(one.delta)} {rational(one.share)} {rational(one.few)}"
    rounded = f"4 * ({rational(one.eps)} + ({one.products} # {2 * size}))"
    return (
        HEADER
        + imported("Law Checker Products Layer Lucky Random")
        + OPEN
        + f"Definition certificate : table :=\n  {table_text(found)}.\n\n"
        f"Theorem sums : forall H : positive, {LEAST} <= Zpos (2 * H) ->\n"
        f"  suffices (2 * H) {one.enough} {rational(one.eps)} {rational(one.delta)}.\n"
        "Proof. apply (check_sound certificate). vm_cast_no_check (eq_refl true). Qed.\n\n"
        f"Theorem network :\n  all_but {rational(one.failure)} {size}\n"
        f"    (({one.inputs} + {one.outputs}) * units {one.inputs} {one.candidates})\n"
        f"    (random_contains {size} {sides} {one.candidates} {rational(one.error)}).\n"
        "Proof.\n"
        f"  apply all_but_le with (times (8 * {one.inputs}) {rational(one.few)}\n"
        f"    + times (8 * ({one.inputs} * {one.outputs})) {rational(one.share)})%Q;\n"
        "    [vm_compute; discriminate|].\n"
        f"  apply (all_but_weaken _ _ _ (random_contains {size} {sides} {one.candidates}\n"
        f"    ({rounded})));\n"
        "    [intros rs _; apply random_contains_le; vm_compute; discriminate|].\n"
        f"  apply (random_layer {size // 2} {sides} {one.candidates} {one.products} "
        f"{one.enough}\n    {shares}).\n"
        "  - repeat constructor.\n"
        f"  - apply (sums {size // 4}); discriminate.\n"
        "  - rewrite <- tails_tail. vm_compute. discriminate.\n"
        f"  - apply (rare_enough 3 {one.candidates} {least} {u} {v}); "
        "[discriminate|split; [reflexivity|discriminate]|].\n"
        "    vm_compute. discriminate.\nQed.\n"
    )
