"""Graphs, tables and folders: what is read is what was written, and wrong files are named."""

from __future__ import annotations

import gzip
import sys

import numpy as np
import pytest

from slt_theory.data import TABLES, diabetes, karate_club, read_images, read_ogb, table
from slt_theory.errors import BadInput, MissingExtra, UnreadableFile


def test_the_karate_club_has_its_published_counts():
    graph = karate_club()
    assert len(graph) == 34
    assert graph.edges.shape == (78, 2)
    assert np.bincount(graph.labels).tolist() == [17, 17]
    assert (graph.edges[:, 0] < graph.edges[:, 1]).all()
    # Instructor 0 and officer 33 lead the two sides and have most friends.
    degrees = np.bincount(graph.edges.ravel())
    assert set(np.argsort(degrees)[-2:]) == {0, 33}
    assert graph.labels[0] != graph.labels[33]


@pytest.mark.parametrize(
    ("package", "load"), [("networkx", karate_club), ("sklearn.datasets", lambda: table("wine"))]
)
def test_a_missing_package_names_its_extra(monkeypatch, package, load):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match="pip install"):
        load()


def test_tables_lie_in_the_unit_box():
    shapes = {name: table(name).inputs.shape for name in TABLES}
    assert shapes == {"breast_cancer": (569, 30), "wine": (178, 13)}
    inputs, progression = diabetes()
    for values in (inputs, *(table(name).inputs for name in TABLES)):
        assert (values.min(axis=0) == 0).all()
        assert (values.max(axis=0) == 1).all()
    assert (progression.min(), progression.max()) == (25, 346)
    with pytest.raises(BadInput, match="no table"):
        table("iris")


def ogb(root, *, edges="0,1\n1,0\n2,1\n2,2\n", labels="1\n0\n1\n", test="2\n"):
    files = {
        "raw/edge": edges,
        "raw/node-feat": "0.5,1\n-2,3\n0,0.25\n",
        "raw/node-label": labels,
        "split/time/train": "0\n",
        "split/time/valid": "1\n",
        "split/time/test": test,
    }
    for name, text in files.items():
        path = root / f"{name}.csv.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text.encode()))
    return root


def test_an_ogb_folder_is_read(tmp_path):
    graph = read_ogb(ogb(tmp_path))
    assert graph.edges.tolist() == [[0, 1], [1, 2]]
    assert graph.features.tolist() == [[0.5, 1], [-2, 3], [0, 0.25]]
    assert graph.labels.tolist() == [1, 0, 1]
    assert [part.tolist() for part in (graph.train, graph.validation, graph.test)] == [
        [0],
        [1],
        [2],
    ]


@pytest.mark.parametrize(
    "wrong", [{"edges": "0,3\n"}, {"labels": "1\n0\n"}, {"edges": "a,b\n"}, {"test": "7\n"}]
)
def test_a_wrong_ogb_folder_is_named(tmp_path, wrong):
    with pytest.raises(UnreadableFile):
        read_ogb(ogb(tmp_path, **wrong))
    with pytest.raises(UnreadableFile, match="cannot be read"):
        read_ogb(tmp_path / "nowhere")


def idx(values):
    array = np.array(values, dtype=np.uint8)
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return header + array.tobytes()


def test_image_folders_are_known_by_their_names(tmp_path):
    for part, count in (("train", 3), ("t10k", 2)):
        pixels = np.arange(count * 4).reshape(count, 2, 2)
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx(pixels))
        (tmp_path / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx([1] * count)))
    train, test = read_images(tmp_path)
    assert (len(train), len(test)) == (3, 2)
    assert train.inputs[2].tolist() == [8 / 255, 9 / 255, 10 / 255, 11 / 255]

    cifar = tmp_path / "cifar"
    cifar.mkdir()
    with pytest.raises(UnreadableFile, match="no image set"):
        read_images(cifar)
    record = bytes([4]) + bytes(3072)
    for k in (1, 2):
        (cifar / f"data_batch_{k}.bin").write_bytes(record * k)
    with pytest.raises(UnreadableFile, match=r"test_batch\.bin"):
        read_images(cifar)
    (cifar / "test_batch.bin").write_bytes(record)
    train, test = read_images(cifar)
    assert (len(train), len(test)) == (3, 1)
