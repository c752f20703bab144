"""The slow checker for sources that are not uniform: signs, grids, hyperbolic laws, choices.

Python integers and Fractions only, like `plain`.
"""

from __future__ import annotations

import io
import json
import zipfile
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import plain

ONE = 1 << 31


@cache
def powers(ratio: Fraction, low_bit: int, width: int) -> tuple[int, ...]:
    """ratio ** (j * 2^low_bit / 2^31) for all j of `width` bits, rounded to 31 bits."""
    with localcontext() as context:
        context.prec = 60
        rate = (Decimal(ratio.numerator) / Decimal(ratio.denominator)).ln()
        return tuple(
            int(((rate * (j << low_bit) / ONE).exp() * ONE).to_integral())
            for j in range(1 << width)
        )


def hyperbolic(word: int, lo: Fraction, hi: Fraction) -> Fraction:
    """hi (lo/hi)^U from four tables, rounded after every product; the top bit is the sign."""
    power = ONE
    for low_bit, width in ((23, 8), (15, 8), (7, 8), (0, 7)):
        entry = powers(lo / hi, low_bit, width)[(word >> low_bit) % (1 << width)]
        power = (2 * power * entry + ONE) // (2 * ONE)
    size = Fraction((2 * power * round(hi * 2**24) + ONE) // (2 * ONE), 2**24)
    return size if word >> 31 else -size


def draw(law: str, seed: int, stream: int, index: int) -> Fraction:
    """Number `index` of a stream."""
    word = plain.block_of_words(seed, stream, index // 4)[index % 4]
    name, _, inside = law.partition("[")
    inside = inside.rstrip("]")
    if name == "signs":
        gain = Fraction(inside or 1)
        return gain if word >> 31 else -gain
    if name == "grid":
        steps = int(inside)
        return Fraction((word * (2 * steps + 1) >> 32) - steps, steps)
    if name == "hyperbolic":
        lo, hi = inside.split(",")
        return hyperbolic(word, Fraction(lo), Fraction(hi))
    return plain.uniform(seed, stream, index, *plain.ends(law))


def choices(packed: np.ndarray, count: int, kept: int) -> list[int]:
    """Numbers below `count`, packed one after the other, the most significant bit first."""
    width = (count - 1).bit_length()
    text = "".join(f"{byte:08b}" for byte in packed.tolist())
    assert len(text) == (kept * width + 7) // 8 * 8
    assert set(text[kept * width :]) <= {"0"}
    values = [int(text[i * width : (i + 1) * width], 2) for i in range(kept)]
    assert max(values, default=0) < count
    return values


def move(choice: int, count: int, reach: Fraction) -> Fraction:
    """A choice as a move: evenly spread over [-reach, reach], towards 0 on the lattice."""
    half = (count - 1) // 2
    steps = abs(choice - half) * int(reach * 2**24) // half
    return Fraction(steps if choice > half else -steps, 2**24)


def weights(
    archive: zipfile.ZipFile, seed: int, b: int, m: int, block: dict[str, Any]
) -> tuple[plain.Matrix, int]:
    """A masked layer as a dense matrix, and how many weights it keeps."""
    layer = block["layers"][m]
    masked = plain.stored_mask(archive, seed, b, m, block)
    kept = [(r, c) for r, row in enumerate(masked) for c, keep in enumerate(row) if keep]
    count = layer.get("choices", 1)
    chosen = [0] * len(kept)
    if count > 1:
        stored = np.load(io.BytesIO(archive.read(f"block{b}.choices{m}.npy")))
        chosen = choices(stored, count, len(kept))
    matrix = [[Fraction(0)] * layer["columns"] for _ in range(layer["rows"])]
    size = layer["rows"] * layer["columns"]
    for (r, c), choice in zip(kept, chosen, strict=True):
        place = r * layer["columns"] + c
        if layer.get("move", "0") == "0":
            matrix[r][c] = draw(layer["law"], seed, layer["stream"], place + choice * size)
        else:
            drawn = draw(layer["law"], seed, layer["stream"], place)
            matrix[r][c] = drawn + move(choice, count, Fraction(layer["move"]))
    return matrix, len(kept)


class PlainSource(plain.PlainTicket):
    """The masked random network of a ticket file, whatever its source."""

    def __init__(self, data: bytes) -> None:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.header = json.loads(archive.read("header.json"))
            self.certificate = json.loads(archive.read("certificate.json"))
            self.blocks, self.kept = [], 0
            for b, block in enumerate(self.header["blocks"]):
                matrices = []
                for m in range(len(block["layers"])):
                    matrix, kept = weights(archive, self.header["seed"], b, m, block)
                    matrices.append(matrix)
                    self.kept += kept
                scale = Fraction(2) ** block["scale_exponent"]
                matrices[-1] = [[scale * w for w in row] for row in matrices[-1]]
                self.blocks.append(plain.PlainBlock(matrices, False, block["constant_input"]))
