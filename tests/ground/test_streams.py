"""Philox against the published vectors, every way of asking for a word against the definition."""

from __future__ import annotations

import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.streams import (
    Purpose,
    check_seed,
    philox4x32,
    stream_id,
    words32,
    words32_at,
    words32_rows,
    words64,
)

# Random123, kat_vectors: philox4x32 10 rounds; counter, key, result.
KNOWN = [
    (
        (0, 0, 0, 0),
        (0, 0),
        (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
    ),
    (
        (0xFFFFFFFF,) * 4,
        (0xFFFFFFFF,) * 2,
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def slow_philox(counter: tuple[int, ...], key: tuple[int, int]) -> tuple[int, ...]:
    """The ten rounds in Python integers."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (
            (p1 >> 32) ^ c1 ^ k0,
            p1 % 2**32,
            (p0 >> 32) ^ c3 ^ k1,
            p0 % 2**32,
        )
        k0, k1 = (k0 + 0x9E3779B9) % 2**32, (k1 + 0xBB67AE85) % 2**32
    return c0, c1, c2, c3


def slow_word(seed: int, stream: int, index: int) -> int:
    """Word `index` of a stream, from the definition."""
    block, lane = divmod(index, 4)
    counter = (block % 2**32, block >> 32, stream % 2**32, stream >> 32)
    return slow_philox(counter, (seed % 2**32, seed >> 32))[lane]


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_known_answers(counter, key, expected):
    assert slow_philox(counter, key) == expected
    lanes = philox4x32(tuple(np.array([c], dtype=np.uint64) for c in counter), key)
    assert tuple(int(lane[0]) for lane in lanes) == expected


# Blocks beyond 2^32, streams and seeds that use both halves of their words.
PLACES = [
    (0, 0, 0),
    (1, 2, 3),
    (2**64 - 1, 2**64 - 1, 5),
    (0x0123456789ABCDEF, 0xFEDCBA9876543210, 2**34 - 7),
    (2**32, 2**32, 2**40 + 1),
]


@pytest.mark.parametrize(("seed", "stream", "start"), PLACES)
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 11])
def test_every_way_of_asking_gives_the_definition(seed, stream, start, count):
    expected = [slow_word(seed, stream, start + i) for i in range(count)]
    words = words32(seed, stream, start, count)
    assert words.dtype == np.uint32
    assert words.tolist() == expected
    places = np.arange(start, start + count)
    assert words32_at(seed, stream, places).tolist() == expected
    shuffled = places[::-1].reshape(1, -1)
    assert words32_at(seed, stream, shuffled).tolist() == [expected[::-1]]


@pytest.mark.parametrize("count", [0, 1, 4, 7])
def test_rows_are_streams(count):
    streams = np.array([0, 3, 2**63 + 5], dtype=np.uint64)
    rows = words32_rows(9, streams, count)
    assert rows.shape == (3, count)
    for row, stream in zip(rows, streams, strict=True):
        assert row.tolist() == [slow_word(9, int(stream), i) for i in range(count)]


@pytest.mark.parametrize(("seed", "stream", "start"), PLACES)
def test_a_64_bit_word_is_two_32_bit_words_low_first(seed, stream, start):
    expected = [
        slow_word(seed, stream, 2 * i) + (slow_word(seed, stream, 2 * i + 1) << 32)
        for i in range(start, start + 5)
    ]
    assert words64(seed, stream, start, 5).tolist() == expected


def test_purposes_never_share_a_stream():
    numbers = (0, 1, 2**56 - 1)
    ids = [stream_id(purpose, number) for purpose in Purpose for number in numbers]
    assert len(set(ids)) == len(ids)
    assert max(ids) < 2**64
    for number in (-1, 2**56):
        with pytest.raises(BadInput, match="stream number"):
            stream_id(Purpose.WEIGHTS, number)


@pytest.mark.parametrize("seed", [-1, 2**64, 1.0, True, "1", None])
def test_a_seed_is_never_truncated(seed):
    with pytest.raises(BadInput, match="seed"):
        check_seed(seed)
