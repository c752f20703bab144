"""Falsified tickets of every source: rejected wherever the slow checker says they are wrong."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import cases
import numpy as np
import plain
import pytest
import source_cases
from forge import field, parts, sealed, stored_mask, with_json, with_mask
from plain_sources import PlainSource
from test_mutations import flip, judged

from slt_theory.errors import UnreadableFile

THEOREMS = source_cases.PLAIN


@pytest.fixture(scope="module", params=THEOREMS)
def original(request, tmp_path_factory) -> bytes:
    moved = request.param == "xiong2023-perturbation"
    ticket = source_cases.moved() if moved else source_cases.built(request.param)
    assert ticket.complete
    return cases.as_bytes(ticket, tmp_path_factory.mktemp("original"))


def rejected(data: bytes, folder: Any, reason: str | None = None) -> bool:
    """Whether the mutant is unreadable, or the verifier says what is wrong with it."""
    try:
        check = judged(data, source_cases.target(), folder)
    except UnreadableFile:
        return True
    assert check.ok == (not check.failures)
    if reason is not None:
        assert any(reason in text for text in check.failures), check.failures
    return not check.ok


def true_to_its_claims(data: bytes) -> bool:
    """The slow checker's word: choices fit, every weight within eps, and no claim too good."""
    target = source_cases.target()
    try:
        slow = PlainSource(data)
    except AssertionError:
        return False
    errors = plain.weight_errors(slow, target)
    start = 0
    for k, block in enumerate(slow.header["blocks"]):
        goal = plain.wanted(target, k)
        stop = start + len(goal) * len(goal[0])
        if max(errors[start:stop]) > Fraction(block["eps"]):
            return False
        resolution = Fraction(block.get("resolution", 0))
        if resolution:
            # Exact sums: their distance to the weight is its distance to the nearest multiple.
            nearest = [abs(w - round(w / resolution) * resolution) for row in goal for w in row]
            if errors[start:stop] != nearest:
                return False
        start = stop
    middle = sorted(errors)[(len(errors) - 1) // 2 : len(errors) // 2 + 1]
    claims = slow.certificate
    return max(errors) <= Fraction(claims["max_weight_error"]) and sum(middle) / len(
        middle
    ) <= Fraction(claims["median_weight_error"])


def kept_places(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    for b, block in enumerate(json.loads(parts(data)["header.json"])["blocks"]):
        for m, layer in enumerate(block["layers"]):
            mask = stored_mask(data, b, m)
            for r, row in enumerate(plain.bits(mask, layer["columns"])):
                yield from ((b, m, r, c) for c, keep in enumerate(row) if keep)


def test_every_kept_bit_that_matters(original, tmp_path):
    rng = random.Random(1)
    places = list(kept_places(original))
    caught = 0
    for b, m, r, c in rng.sample(places, min(6, len(places))):
        mutant = with_mask(original, b, m, flip(r, c))
        wrong = not true_to_its_claims(mutant)
        assert rejected(mutant, tmp_path) or not wrong
        caught += wrong
    assert caught >= 3


def test_bits_set_at_random(original, tmp_path):
    """A bit that keeps one weight more is judged as the slow checker judges it."""
    rng = random.Random(2)
    header = json.loads(parts(original)["header.json"])
    for _ in range(5):
        b = rng.randrange(len(header["blocks"]))
        m = rng.randrange(len(header["blocks"][b]["layers"]))
        layer = header["blocks"][b]["layers"][m]
        place = rng.randrange(layer["rows"]), rng.randrange(layer["columns"])
        mutant = with_mask(original, b, m, flip(*place))
        assert rejected(mutant, tmp_path) or true_to_its_claims(mutant)


HEADER: list[tuple[Callable[[Any], None], str | None]] = [
    (field("theorem", value="pensia2020-two-layer"), None),
    (field("theorem", value="orseau2021"), "theorem"),
    (field("seed", value=lambda s: s + 1), None),
    (field("target_sha256", value="0" * 64), "another target"),
    (field("domain", value="box:0,2"), "claims"),
    (field("network_eps", value=1e-9), "network_eps"),
    (field("norm_exponents", value=[7, 7]), "scale of the norms"),
    (field("blocks", value=lambda b: b[::-1]), None),
    (field("blocks", value=lambda b: b[:1]), "blocks"),
]
for _k in (0, 1):
    HEADER += [
        (field("blocks", _k, "eps", value="1/100000000000"), None),
        (field("blocks", _k, "eps", value="0"), "eps"),
        (field("blocks", _k, "scale_exponent", value=1), None),
        (field("blocks", _k, "constant_input", value=False), None),
        (field("blocks", _k, "n", value=lambda n: n + 1), None),
        (field("blocks", _k, "inputs", value=lambda n: n + 1), None),
        (field("blocks", _k, "outputs", value=lambda n: n + 1), None),
        (field("blocks", _k, "kind", value="single-layer"), None),
        (field("blocks", _k, "copies_in", value=2), None),
        (field("blocks", _k, "copies_out", value=2), None),
        (field("blocks", _k, "size", value=1), None),
        (field("blocks", _k, "shared", value=True), None),
        (field("blocks", _k, "signs", value="none"), None),
        (field("blocks", _k, "resolution", value="1/3"), None),
        (field("blocks", _k, "resolution", value="x"), None),
    ]
    for _m in (0, -1):
        _layer = ("blocks", _k, "layers", _m)
        HEADER += [
            (field(*_layer, "stream", value=lambda s: s + 999), None),
            (field(*_layer, "stream", value=-1), "stream"),
            (field(*_layer, "law", value="normal"), "law"),
            (field(*_layer, "law", value="signs[3]"), "law" if _m == 0 else None),
            (field(*_layer, "law", value="grid[3]"), "steps"),
            (field(*_layer, "law", value="hyperbolic[2,1]"), "lo, hi"),
            (field(*_layer, "bits", value=23), "bits"),
            (field(*_layer, "prune", value="1/2"), None),
            (field(*_layer, "lock", value="1/2"), None),
            (field(*_layer, "choices", value=0), None),
            (field(*_layer, "choices", value=2**40), None),
            (field(*_layer, "move", value="3/2"), None),
            (field(*_layer, "rows", value=lambda n: n + 1), None),
            (field(*_layer, "columns", value=lambda n: n + 1), None),
        ]


def test_falsified_headers(original, tmp_path):
    """Rejected, unless other random numbers happen to give the same network (a few signs do)."""
    caught = 0
    for change, reason in HEADER:

        def changed(record: dict[str, Any], change: Callable[[Any], None] = change) -> None:
            # What a header does not mention has its default.
            for block in record["blocks"]:
                block.setdefault("resolution", "0")
                for layer in block["layers"]:
                    layer.setdefault("choices", 1)
                    layer.setdefault("move", "0")
            change(record)

        mutant = with_json(original, "header.json", changed)
        if rejected(mutant, tmp_path, reason):
            caught += 1
        else:
            assert true_to_its_claims(mutant)
    assert caught >= len(HEADER) - 2


def test_defaults_may_be_written_out(original, tmp_path):
    def changed(record: dict[str, Any]) -> None:
        for block in record["blocks"]:
            block.setdefault("resolution", "0")
            for layer in block["layers"]:
                layer.setdefault("choices", 1)
                layer.setdefault("move", "0")

    assert not rejected(with_json(original, "header.json", changed), tmp_path)


@pytest.mark.parametrize("key", ["max_weight_error", "median_weight_error", "sup_error_bound"])
def test_smaller_claims(key, original, tmp_path):
    for factor in (0.999, 0.5, 0.0):
        mutant = with_json(original, "certificate.json", field(key, value=lambda v: v * factor))  # noqa: B023
        assert rejected(mutant, tmp_path, "claims")


def test_truncated_and_missing(original, tmp_path):
    for length in range(0, len(original), max(1, len(original) // 12)):
        assert rejected(original[:length], tmp_path)
    for name in set(parts(original)) - {"digest.json"}:
        without = sealed({k: v for k, v in parts(original).items() if k != name})
        # Without witnesses a check searches anew.
        assert rejected(without, tmp_path) == (name != "witnesses.npy")


def with_choices(data: bytes, name: str, change: Callable[[np.ndarray], np.ndarray]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, change(np.load(io.BytesIO(parts(data)[name]))))
    return sealed(parts(data) | {name: buffer.getvalue()})


def test_stored_choices(original, tmp_path):
    """Every bit of what is stored is judged as the slow checker judges it."""
    stored = [name for name in parts(original) if "choices" in name]
    rng = random.Random(4)
    caught = 0
    for name in stored:
        packed_bits = np.load(io.BytesIO(parts(original)[name]))
        for _ in range(6):
            place = rng.randrange(packed_bits.size * 8)

            def flipped(array: np.ndarray, place: int = place) -> np.ndarray:
                array[place // 8] ^= 128 >> (place % 8)
                return array

            mutant = with_choices(original, name, flipped)
            wrong = not true_to_its_claims(mutant)
            assert rejected(mutant, tmp_path) or not wrong
            caught += wrong
        for change in (
            lambda a: a[:-1],
            lambda a: np.append(a, np.uint8(0)),
            lambda a: a[:0],
            lambda a: np.full_like(a, 255),
            lambda a: a.astype(np.int64),
            lambda a: a[:, None],
        ):
            assert rejected(with_choices(original, name, change), tmp_path)
    theorem = json.loads(parts(original)["header.json"])["theorem"]
    expected = {"xiong2023-perturbation": 2, "chijiwa2021-redraws": 4}
    assert len(stored) == expected.get(theorem, 0)
    assert caught >= 2 * len(stored)
