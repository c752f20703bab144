"""IDX and CIFAR files: round trips, truncation, damage."""

from __future__ import annotations

import gzip
import random
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from slt_theory.data import idx_pair, read_cifar, read_idx
from slt_theory.data.folders import read_images
from slt_theory.errors import BadInput, UnreadableFile

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
in_one_folder = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def idx(array: np.ndarray) -> bytes:
    kind = array.dtype.str[1:]
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, CODES[kind], array.ndim, *array.shape)
    return header + array.astype(f">{kind}").tobytes()


@in_one_folder
@given(
    array=st.sampled_from(sorted(CODES)).flatmap(
        lambda kind: arrays(kind, st.lists(st.integers(0, 5), min_size=1, max_size=4).map(tuple))
    ),
    packed=st.booleans(),
)
def test_idx_round_trip(tmp_path: Path, array: np.ndarray, packed: bool) -> None:
    content = idx(array)
    (tmp_path / "a").write_bytes(gzip.compress(content) if packed else content)
    found = read_idx(tmp_path / "a")
    assert (found.shape, found.dtype) == (array.shape, array.dtype)
    assert found.tobytes() == array.tobytes()


@pytest.mark.parametrize("packed", [False, True])
def test_truncated_or_longer_idx(tmp_path: Path, packed: bool) -> None:
    content = idx(np.arange(60, dtype="u1").reshape(3, 4, 5))
    if packed:
        content = gzip.compress(content)
    for length in range(len(content)):
        (tmp_path / "a").write_bytes(content[:length])
        with pytest.raises(UnreadableFile):
            read_idx(tmp_path / "a")
    (tmp_path / "a").write_bytes(content + b"more")
    with pytest.raises(UnreadableFile):
        read_idx(tmp_path / "a")


def test_flipped_header_bits(tmp_path: Path) -> None:
    content = idx(np.zeros((3, 4, 5), dtype="u1"))
    for position in range(16):
        for bit in range(8):
            damaged = bytearray(content)
            damaged[position] ^= 1 << bit
            (tmp_path / "a").write_bytes(damaged)
            if (position, bit) == (2, 0):
                continue  # signed in place of unsigned bytes: as valid a file
            with pytest.raises(UnreadableFile):
                read_idx(tmp_path / "a")


@in_one_folder
@given(content=st.binary(max_size=60), magic=st.sampled_from([b"", b"\0\0\x08\x01", b"\x1f\x8b"]))
def test_any_bytes(tmp_path: Path, content: bytes, magic: bytes) -> None:
    (tmp_path / "a").write_bytes(magic + content)
    for read in (read_idx, read_cifar):
        try:
            read(tmp_path / "a")
        except BadInput:
            continue


def test_idx_pair(tmp_path: Path) -> None:
    pixels = np.array([[[0, 255], [51, 102]]] * 3, dtype="u1")
    (tmp_path / "x").write_bytes(idx(pixels))
    (tmp_path / "y").write_bytes(idx(np.array([7, 0, 9], dtype="u1")))
    found = idx_pair(tmp_path / "x", tmp_path / "y")
    assert found.inputs.tolist() == [[0.0, 1.0, 0.2, 0.4]] * 3
    assert found.labels.tolist() == [7, 0, 9]
    (tmp_path / "y").write_bytes(idx(np.array([7, 0], dtype="u1")))
    with pytest.raises(BadInput, match="labels"):
        idx_pair(tmp_path / "x", tmp_path / "y")
    with pytest.raises(BadInput, match="images"):
        idx_pair(tmp_path / "y", tmp_path / "y")


@pytest.mark.parametrize("classes", [10, 100])
def test_cifar(tmp_path: Path, classes: int) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, [20, 100] if classes == 100 else [10], (4, classes // 99 + 1))
    pixels = rng.integers(0, 256, (4, 3072))
    content = np.hstack([labels, pixels]).astype("u1").tobytes()
    (tmp_path / "a.bin").write_bytes(content)
    found = read_cifar(tmp_path / "a.bin", classes=classes)
    assert found.labels.tolist() == labels[:, -1].tolist()
    assert found.inputs.tolist() == (pixels / 255).tolist()
    for length in [0, *random.Random(0).sample(range(len(content)), 20)]:
        if length and length % (len(content) // 4) == 0:
            continue
        (tmp_path / "a.bin").write_bytes(content[:length])
        with pytest.raises(UnreadableFile):
            read_cifar(tmp_path / "a.bin", classes=classes)
    (tmp_path / "a.bin").write_bytes(b"\xff" + content[1:])
    with pytest.raises(UnreadableFile, match="classes"):
        read_cifar(tmp_path / "a.bin", classes=classes)


def test_missing_file_and_bad_classes(tmp_path: Path) -> None:
    for read in (read_idx, read_cifar):
        with pytest.raises(UnreadableFile, match="No such file"):
            read(tmp_path / "none")
    with pytest.raises(BadInput, match="classes"):
        read_cifar(tmp_path / "none", classes=7)


def test_an_unpacked_file_is_read_rather_than_its_archive(tmp_path: Path) -> None:
    images = {part: np.full((3, 2, 2), k, np.uint8) for k, part in enumerate(("train", "t10k"), 1)}
    for part, pixels in images.items():
        for kind, array in (("images-idx3", pixels), ("labels-idx1", np.arange(3, dtype=np.uint8))):
            path = tmp_path / f"{part}-{kind}-ubyte"
            path.write_bytes(idx(array))
            path.with_name(path.name + ".gz").write_bytes(b"not even an archive")
    train, test = read_images(tmp_path)
    assert (train.inputs == 1 / 255).all()
    assert (test.inputs == 2 / 255).all()
    for path in tmp_path.glob("*.gz"):
        raw = path.with_suffix("")
        path.write_bytes(gzip.compress(raw.read_bytes()))
        raw.unlink()
    assert (read_images(tmp_path)[1].inputs == 2 / 255).all()
    (tmp_path / "train-images-other").write_bytes(b"")
    with pytest.raises(UnreadableFile, match="holds 2 files train-images"):
        read_images(tmp_path)
