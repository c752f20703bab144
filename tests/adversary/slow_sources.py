"""The masked random matrices of a ticket file, from its bytes alone.

Shares no code with the package: its own Philox, laws, zip and bit handling. Numbers are Python
integers in units of ``2**-24``, so nothing is rounded.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import plain_sources

import slt_theory

BITS = 24
ONE = 1 << BITS
FROZEN = 4
"""Purpose of the streams that freeze weights."""


def words(seed: int, stream: int, places: np.ndarray) -> np.ndarray:
    """Words of Philox 4x32-10 at any places of a stream, as uint64."""
    block, lane = np.divmod(np.asarray(places, np.uint64), np.uint64(4))
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    a, b = block & low, block >> shift
    c, d = np.full_like(block, stream & 0xFFFFFFFF), np.full_like(block, stream >> 32)
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        p, q = a * np.uint64(0xD2511F53), c * np.uint64(0xCD9E8D57)
        a, c = (q >> shift) ^ b ^ np.uint64(k0), (p >> shift) ^ d ^ np.uint64(k1)
        b, d = q & low, p & low
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.choose(lane.astype(np.int64), (a, b, c, d))


@cache
def normal_table() -> list[int]:
    path = Path(slt_theory.__file__).parent / "tables/normal_quantiles.npy"
    return [int(v) for v in np.load(path)]


def normal(word: int) -> int:
    """A 64-bit word to the quantile of the table, 2^-44 a unit, rounded to 2^-24."""
    tail = max(word % 2**63, 2**19)
    octave = 63 - tail.bit_length()
    place = (tail << (octave + 1)) % 2**63
    segment, t = place >> 56, (place >> 36) % 2**20
    node = (43 - octave) * 256 + 2 * segment
    x0, x1, x2 = normal_table()[node : node + 3]
    bend = ((t * (t - 2**19)) >> 20) * (x2 - 2 * x1 + x0)
    x = x0 + ((t * (x1 - x0)) >> 19) + (bend >> 19)
    x = (x + 2**19) >> 20
    return -x if word >> 63 else x


def draws(law: str, seed: int, stream: int, places: np.ndarray) -> list[int]:
    """Numbers of a stream in units of 2^-24."""
    name, _, inside = law.partition("[")
    inside = inside.rstrip("]")
    if law == "normal":
        low, high = (words(seed, stream, 2 * places + s).tolist() for s in (0, 1))
        return [normal(a | b << 32) for a, b in zip(low, high, strict=True)]
    if law.startswith("bernoulli("):
        share = Fraction(law[len("bernoulli(") : law.index(")")])
        numbers, keep = (words(seed, stream, 2 * places + s).tolist() for s in (0, 1))
        threshold = round(share * 2**32)
        return [
            _uniform(w, -ONE, ONE) if k < threshold else 0
            for w, k in zip(numbers, keep, strict=True)
        ]
    drawn = words(seed, stream, places).tolist()
    if name == "uniform":
        lo, hi = (int(Fraction(end) * ONE) for end in (inside or "-1,1").split(","))
        return [_uniform(w, lo, hi) for w in drawn]
    if name == "signs":
        gain = int(Fraction(inside or 1) * ONE)
        return [gain if w >> 31 else -gain for w in drawn]
    if name == "grid":
        steps = int(inside)
        return [((w * (2 * steps + 1) >> 32) - steps) * (ONE // steps) for w in drawn]
    assert name == "hyperbolic"
    lo, hi = map(Fraction, inside.split(","))
    return [int(plain_sources.hyperbolic(w, lo, hi) * ONE) for w in drawn]


def _uniform(word: int, lo: int, hi: int) -> int:
    return lo + ((word * 2 * (hi - lo) >> 32) + 1) // 2


@dataclass
class Rows:
    """A sparse matrix: per row the columns and their integers; times ``2**exponent``."""

    columns: int
    rows: list[tuple[np.ndarray, np.ndarray]]
    exponent: int

    @classmethod
    def of(cls, matrix: np.ndarray, exponent: int) -> Rows:
        """From a dense matrix of Python integers."""
        rows = []
        for row in matrix:
            kept = np.flatnonzero(row)
            rows.append((kept, row[kept]))
        return cls(matrix.shape[1], rows, exponent)

    def floats(self) -> np.ndarray:
        """The matrix in float64, rounded."""
        result = np.zeros((len(self.rows), self.columns))
        for r, (kept, values) in enumerate(self.rows):
            result[r, kept] = np.ldexp(values.astype(np.float64), self.exponent)
        return result

    def fractions(self) -> np.ndarray:
        """The matrix, exact."""
        unit = Fraction(2) ** self.exponent
        result = np.full((len(self.rows), self.columns), Fraction(0), dtype=object)
        for r, (kept, values) in enumerate(self.rows):
            result[r, kept] = values * unit
        return result


@dataclass
class Source:
    """The random network of a file: its header, and per block the masked matrices."""

    header: dict[str, Any]
    blocks: list[list[Rows]]

    @classmethod
    def read(cls, path: Path) -> Source:
        with zipfile.ZipFile(path) as archive:
            header = json.loads(archive.read("header.json"))
            blocks = [
                _block(archive, header["seed"], k, block)
                for k, block in enumerate(header["blocks"])
            ]
        return cls(header, blocks)


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    return np.load(io.BytesIO(archive.read(name)))


def _block(archive: zipfile.ZipFile, seed: int, k: int, block: dict[str, Any]) -> list[Rows]:
    columns = block["inputs"] + block["constant_input"]
    direct, shrink = block["kind"] == "direct-sums", block.get("shrink", 0)
    matrices = []
    for m, layer in enumerate(block["layers"]):
        free = f"block{k}.free{m}.npy" in archive.namelist()
        packed = _array(archive, f"block{k}.{'free' if free else 'mask'}{m}.npy")
        if packed.ndim == 1:
            # A bit a neuron: its link to its own input.
            assert m == 0
            assert layer["rows"] % layer["columns"] == 0
            kept = np.unpackbits(packed).astype(bool)
            assert not kept[layer["rows"] :].any()
            own = np.eye(layer["columns"], dtype=bool)
            mask = np.repeat(own, layer["rows"] // layer["columns"], axis=0)
            mask &= kept[: layer["rows"], None]
        else:
            mask = np.unpackbits(packed, axis=1).astype(bool)
            assert not mask[:, layer["columns"] :].any()
            mask = mask[:, : layer["columns"]]
        if free:
            locked = _locked(seed, layer, block)
            assert not (mask & locked).any()
            mask |= locked
        row, column = np.nonzero(mask)
        source = row // columns if direct and block["shared"] else row
        values = _numbers(archive, seed, f"block{k}.choices{m}.npy", layer, source, column)
        matrix = np.zeros(mask.shape, dtype=object)
        matrix[row, column] = values
        last = m == len(block["layers"]) - 1
        exponent = block["scale_exponent"] + shrink if last else -shrink
        if direct:
            matrix = matrix.sum(axis=1).reshape(-1, columns)
        matrices.append(Rows.of(matrix, exponent - BITS))
    return matrices


def _locked(seed: int, layer: dict[str, Any], block: dict[str, Any]) -> np.ndarray:
    """Weights that a word each locks; links of constants through other taps are none."""
    rows, columns = layer["rows"], layer["columns"]
    stream = FROZEN << 56 | layer["stream"] & (1 << 56) - 1
    drawn = words(seed, stream, np.arange(rows * columns)).reshape(rows, columns)
    first = round(Fraction(layer["prune"]) * 2**32)
    locked = (drawn >= first) & (drawn < first + round(Fraction(layer["lock"]) * 2**32))
    taps = block.get("taps", 1)
    if block["constant_input"] and taps > 1:
        other = np.arange(rows) % taps != block["constant_tap"]
        locked[other, columns - columns // (block["inputs"] + 1) :] = False
    return locked


def _numbers(
    archive: zipfile.ZipFile,
    seed: int,
    name: str,
    layer: dict[str, Any],
    row: np.ndarray,
    column: np.ndarray,
) -> list[int]:
    """Kept weights in the order of the mask, their choices among them."""
    places = row * layer["columns"] + column
    count, reach = layer.get("choices", 1), Fraction(layer.get("move", "0"))
    if count == 1:
        return draws(layer["law"], seed, layer["stream"], places)
    chosen = plain_sources.choices(_array(archive, name), count, row.size)
    if reach:
        drawn = draws(layer["law"], seed, layer["stream"], places)
        moves = [int(plain_sources.move(c, count, reach) * ONE) for c in chosen]
        return [a + b for a, b in zip(drawn, moves, strict=True)]
    further = np.array(chosen, np.int64) * (layer["rows"] * layer["columns"])
    return draws(layer["law"], seed, layer["stream"], places + further)
