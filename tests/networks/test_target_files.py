"""Target files: round trips, refusals, damage."""

from __future__ import annotations

import itertools
import random
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slt_theory.errors import BadInput, MissingExtra, SltError, UnreadableFile
from slt_theory.networks import Conv, Dense, Geometry, load_target, save_npz, target_hash
from slt_theory.networks.order import forced_order

in_one_folder = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def a_dense(*, biases: bool = True, seed: int = 0) -> Dense:
    rng = np.random.default_rng(seed)
    sizes = [3, 4, 4, 2]
    steps = itertools.pairwise(sizes)
    weights = [rng.standard_normal((out, inside)).astype(np.float32) for inside, out in steps]
    shifts = [rng.standard_normal(b).astype(np.float32) for b in sizes[1:]] if biases else ()
    return Dense(weights, shifts)


def a_conv() -> Conv:
    rng = np.random.default_rng(1)
    return Conv(
        (rng.random((3, 1, 3, 3)), rng.random((2, 12))),
        (rng.random(3), None),
        ("body.0", "head"),
        (Geometry(stride=1, padding=1, pool=2),),
        (1, 4, 4),
    )


def arrays_of(network: Dense | Conv) -> dict[str, np.ndarray]:
    arrays = {}
    for name, weight, bias in zip(network.names, network.weights, network.biases, strict=True):
        arrays[f"{name}.weight"] = weight.astype(np.float32)
        if bias is not None:
            arrays[f"{name}.bias"] = bias.astype(np.float32)
    return arrays


def same(a: Dense | Conv, b: Dense | Conv) -> bool:
    def bits(network: Dense | Conv) -> list[bytes | None]:
        numbers = (*network.weights, *network.biases)
        return [None if array is None else array.tobytes() for array in numbers]

    return type(a) is type(b) and a.names == b.names and bits(a) == bits(b)


def write(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    elif path.suffix == ".safetensors":
        from safetensors.numpy import save_file

        save_file({key: np.ascontiguousarray(value) for key, value in arrays.items()}, path)
    else:
        torch = pytest.importorskip("torch")
        torch.save({key: torch.from_numpy(value.copy()) for key, value in arrays.items()}, path)
    return path


SUFFIXES = [".npz", ".safetensors", ".pt", ".pth"]


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("biases", [True, False])
def test_every_format_gives_the_same_network(tmp_path: Path, suffix: str, biases: bool) -> None:
    network = a_dense(biases=biases)
    found = load_target(write(tmp_path / f"target{suffix}", arrays_of(network)))
    assert same(found, network)
    assert target_hash(found) == target_hash(network)


@pytest.mark.parametrize("network", [a_dense(), a_dense(biases=False), a_conv()])
def test_saving_round_trips_byte_for_byte(tmp_path: Path, network: Dense | Conv) -> None:
    first, second = tmp_path / "a.npz", tmp_path / "b.npz"
    save_npz(network, first)
    found = load_target(first)
    assert same(found, network)
    assert target_hash(found) == target_hash(network)
    save_npz(found, second)
    assert first.read_bytes() == second.read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npz", "b.npz"]
    with np.load(first, allow_pickle=False) as plain:
        assert plain[f"{network.names[0]}.weight"].tolist() == network.weights[0].tolist()


def test_conv_keeps_its_architecture(tmp_path: Path) -> None:
    network = a_conv()
    save_npz(network, tmp_path / "a.npz")
    found = load_target(tmp_path / "a.npz")
    assert (found.geometry, found.input_shape) == (network.geometry, network.input_shape)
    arch = tmp_path / "arch.toml"
    arch.write_text('input = [1, 4, 4]\n[body.0]\npool = 2\n["head"]\n')
    with pytest.raises(BadInput, match="head"):
        load_target(tmp_path / "a.npz", arch=arch)
    arch.write_text("input = [1, 4, 4]\n[body.0]\npool = 2\n")
    plain = write(tmp_path / "plain.npz", arrays_of(network))
    assert load_target(plain).geometry == (Geometry(),)
    assert load_target(plain, arch=arch).shapes((1, 4, 4)) == network.shapes((1, 4, 4))


def test_hash_sees_every_change_and_nothing_else() -> None:
    base = a_dense()
    changed = [w.copy() for w in base.weights]
    changed[1][0, 0] = np.nextafter(changed[1][0, 0], 2)
    distinct = [
        base,
        Dense(changed, base.biases),
        Dense(base.weights),
        Dense(base.weights, (base.biases[0], None, None)),
        Dense(base.weights, base.biases, ("a", "b", "c")),
        Dense([base.weights[0]], [base.biases[0]]),
        Dense([np.ones((2, 3))]),
        Dense([np.ones((3, 2))]),
        Conv((np.ones((2, 3, 1, 1)),)),
        Conv((np.ones((2, 3, 1, 1)),), geometry=(Geometry(pool=2),)),
        Conv((np.ones((2, 3, 1, 1)),), input_shape=(3, 4, 4)),
    ]
    assert len({target_hash(network) for network in distinct}) == len(distinct)
    assert target_hash(Dense([[[0.0, 1.0]]])) == target_hash(Dense([[[-0.0, 1.0]]]))
    # Written down once: a ticket of yesterday must find its target tomorrow.
    assert target_hash(Dense([[[1.0, -0.5]]], [[0.25]])) == (
        "228f407bd6b92e1104f5796d1dd17dcdb1864053afbaab8123daa41fdd193539"
    )


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"fc1.weight": np.ones((4, 3), np.int64)}, "fc1.weight"),
        ({"fc1.weight": np.ones((4, 3), np.int8)}, "fc1.weight"),
        ({"fc1.weight": np.ones((4, 3), np.bool_)}, "fc1.weight"),
        ({"fc1.weight": np.ones((4, 5), np.float32)}, "fc2.weight"),
        ({"fc1.weight": np.ones((5, 3), np.float32)}, "fc1.bias"),
        ({"fc1.weight": np.ones((0, 3), np.float32)}, "fc1.weight"),
        ({"fc1.weight": np.ones(4, np.float32)}, "fc1.weight"),
        ({"fc1.weight": np.ones((4, 3, 1), np.float32)}, "fc1.weight"),
        ({"fc1.weight": np.full((4, 3), np.nan, np.float32)}, "fc1.weight"),
        ({"fc2.bias": np.full(4, np.inf)}, "fc2.bias"),
        ({"fc9.bias": np.ones(2)}, "fc9.bias"),
        ({"fc1.running_mean": np.ones(4)}, "fc1.running_mean"),
        ({"weight": np.ones((2, 2))}, "weight"),
        ({"fc1.pool": np.array([2])}, "arch"),
        ({"fc1.pool": np.array([2.0])}, "fc1.pool"),
        ({"fc1.pool": np.array([2, 2])}, "fc1.pool"),
        ({"input.shape": np.array([2.5])}, "input.shape"),
    ],
)
def test_bad_contents_name_the_key(
    tmp_path: Path, suffix: str, change: dict[str, np.ndarray], argument: str
) -> None:
    arrays = arrays_of(a_dense()) | change
    if argument == "fc2.weight":
        # A first layer with another number of outputs, consistent in itself.
        arrays["fc1.weight"], arrays["fc1.bias"] = np.ones((5, 3)), np.ones(5)
    with pytest.raises(BadInput) as caught:
        load_target(write(tmp_path / f"target{suffix}", arrays))
    assert caught.value.argument == argument


def test_unpickling_is_refused(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    marker = tmp_path / "ran"

    class Payload:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (marker,)

    torch.save({"fc1.weight": Payload()}, tmp_path / "a.pt")
    np.savez(tmp_path / "a.npz", **{"fc1.weight": np.array([[Payload()]], dtype=object)})
    for name in ("a.pt", "a.npz"):
        with pytest.raises(UnreadableFile):
            load_target(tmp_path / name)
    assert not marker.exists()


def test_torch_states_that_are_none(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    torch.save([torch.ones(2, 2)], tmp_path / "list.pt")
    torch.save({"fc1.weight": 3.0}, tmp_path / "number.pt")
    torch.save({"fc1.weight": torch.ones(2, 2).to_sparse()}, tmp_path / "sparse.pt")
    for name in ("list", "number", "sparse"):
        with pytest.raises(BadInput):
            load_target(tmp_path / f"{name}.pt")
    torch.save({"state_dict": {"fc1.weight": torch.ones(2, 2)}, "epoch": 3}, tmp_path / "in.pt")
    assert load_target(tmp_path / "in.pt").widths == (2, 2)


def test_missing_torch_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.pt").write_bytes(b"anything")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match="torch"):
        load_target(tmp_path / "a.pt")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_missing_files_and_folders(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(UnreadableFile, match="No such file"):
        load_target(tmp_path / f"none{suffix}")
    (tmp_path / f"folder{suffix}").mkdir()
    with pytest.raises(UnreadableFile, match="directory"):
        load_target(tmp_path / f"folder{suffix}")
    (tmp_path / f"empty{suffix}").touch()
    with pytest.raises(UnreadableFile):
        load_target(tmp_path / f"empty{suffix}")


def test_unknown_suffix_and_empty_archive(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\.safetensors"):
        load_target(tmp_path / "a.h5")
    zipfile.ZipFile(tmp_path / "a.npz", "w").close()
    with pytest.raises(BadInput, match="no layers"):
        load_target(tmp_path / "a.npz")


def test_save_refuses_bad_places(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="path"):
        save_npz(a_dense(), tmp_path / "missing" / "a.npz")
    with pytest.raises(BadInput, match=r"\.npz"):
        save_npz(a_dense(), tmp_path / "a.txt")
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(BadInput):
        save_npz(a_dense(), tmp_path / "folder.npz")
    assert [p.name for p in tmp_path.iterdir()] == ["folder.npz"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_truncated_files(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"target{suffix}", arrays_of(a_dense()))
    whole = path.read_bytes()
    for length in random.Random(1).sample(range(len(whole)), 50):
        path.write_bytes(whole[:length])
        with pytest.raises(UnreadableFile):
            load_target(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_flipped_bits(tmp_path: Path, suffix: str) -> None:
    """Either a clear error or the very same numbers; all of the file, or the header alone."""
    network = a_dense()
    path = write(tmp_path / f"target{suffix}", arrays_of(network))
    whole = path.read_bytes()
    end = 8 + struct.unpack("<Q", whole[:8])[0] if suffix == ".safetensors" else len(whole)
    rng = random.Random(2)
    places = [(byte, bit) for byte in range(end) for bit in range(8)]
    refused = 0
    for byte, bit in rng.sample(places, 600):
        damaged = bytearray(whole)
        damaged[byte] ^= 1 << bit
        path.write_bytes(damaged)
        try:
            found = load_target(path)
        except SltError:
            refused += 1
            continue
        assert [w.tobytes() for w in found.weights] == [w.tobytes() for w in network.weights]
        assert [b.tobytes() for b in found.biases] == [b.tobytes() for b in network.biases]
    assert refused > 100


shapes = st.lists(st.integers(0, 4), min_size=0, max_size=5).map(tuple)
keys = st.sampled_from(
    [
        "a.weight",
        "a.bias",
        "b.weight",
        "b.bias",
        "a.pool",
        "input.shape",
        "x",
        ".weight",
        "a.b.weight",
    ]
)
dtypes = st.sampled_from(["<f4", "<f8", ">f4", "<f2", "<i8", "<i2", "<c8", "?", "<U3"])


@in_one_folder
@given(contents=st.dictionaries(keys, st.tuples(shapes, dtypes), max_size=6))
def test_any_arrays_give_a_network_or_our_error(
    tmp_path: Path, contents: dict[str, tuple[tuple[int, ...], str]]
) -> None:
    arrays = {key: np.ones(shape, dtype) for key, (shape, dtype) in contents.items()}
    np.savez(tmp_path / "a.npz", **arrays)
    try:
        network = load_target(tmp_path / "a.npz")
    except BadInput:
        return
    found = [f"{name}.weight" for name in network.names]
    assert found == [key for key in arrays if key.endswith(".weight")]
    for key, weight in zip(found, network.weights, strict=True):
        assert weight.shape == arrays[key].shape


@in_one_folder
@given(content=st.binary(max_size=300), suffix=st.sampled_from(SUFFIXES))
def test_any_bytes_are_refused(tmp_path: Path, content: bytes, suffix: str) -> None:
    if suffix.startswith(".p"):
        pytest.importorskip("torch")
    (tmp_path / f"a{suffix}").write_bytes(content)
    with pytest.raises(BadInput):
        load_target(tmp_path / f"a{suffix}")


def test_shape_that_asks_for_memory(tmp_path: Path) -> None:
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776, 1048576), }"
    text = header.ljust(117).encode() + b"\n"
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        array = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + bytes(64)
        archive.writestr("fc1.weight.npy", array)
    with pytest.raises(UnreadableFile, match="number of bytes"):
        load_target(tmp_path / "a.npz")


def test_column_major_arrays(tmp_path: Path) -> None:
    weight = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.savez(tmp_path / "a.npz", **{"fc1.weight": weight})
    assert load_target(tmp_path / "a.npz").weights[0].tolist() == weight.tolist()


def test_forced_order() -> None:
    ten = {f"fc{i}": (4, 4) for i in range(12)}
    shuffled = sorted(ten)
    assert forced_order({name: ten[name] for name in shuffled}) == list(ten)
    cnn = {"conv1": (6, 1, 3, 3), "conv2": (12, 6, 3, 3), "fc1": (20, 48), "out": (10, 20)}
    for seed in range(10):
        names = random.Random(seed).sample(sorted(cnn), len(cnn))
        assert forced_order({name: cnn[name] for name in names}) == list(cnn)
    with pytest.raises(BadInput, match="several"):
        forced_order({"decoder": (4, 4), "encoder": (4, 4)})
    with pytest.raises(BadInput, match="do not chain"):
        forced_order({"decoder": (4, 3), "encoder": (4, 3)})
    with pytest.raises(BadInput, match="too many"):
        forced_order({"abcdefghijklmno"[i]: (4, 4) for i in range(15)})


def test_what_is_said_of_a_safetensors_file_does_not_change_from_run_to_run(monkeypatch) -> None:
    import safetensors
    from safetensors.numpy import save

    content = save({f"{name}.weight": np.eye(4) for name in ("fc2", "fc1", "fc10", "head")})
    entries = safetensors.deserialize(content)
    path = Path("a.safetensors")
    monkeypatch.setattr("slt_theory.networks.readers.read_bytes", lambda _: content)
    for turned in (entries, entries[::-1], sorted(entries, key=lambda entry: entry[0])):
        monkeypatch.setattr(safetensors, "deserialize", lambda _, turned=turned: turned)
        with pytest.raises(BadInput, match="layers = fc1, fc10, fc2, head: can be ordered"):
            load_target(path)


def test_order_from_metadata(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    path = tmp_path / "a.safetensors"
    arrays = {"decoder.weight": np.eye(2) * 2, "encoder.weight": np.eye(2)}
    save_file(arrays, path, metadata={"order": "encoder, decoder"})
    assert load_target(path).names == ("encoder", "decoder")
    save_file(arrays, path, metadata={"order": "encoder"})
    with pytest.raises(BadInput, match="order"):
        load_target(path)


def in_halves(tmp_path: Path, name: str, suffix: str) -> tuple[Path, dict[str, np.ndarray]]:
    """A file in half precision, and its numbers in float32."""
    torch = pytest.importorskip("torch")
    kind = getattr(torch, name)
    state = {
        "a.weight": torch.linspace(-3, 3, 12).view(4, 3).to(kind),
        "b.weight": torch.ones(2, 4),
    }
    path = tmp_path / f"half{suffix}"
    if suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file(state, path, metadata={"order": "a,b"})
    elif suffix == ".npz":
        np.savez(path, **{key: value.numpy() for key, value in state.items()})
    else:
        torch.save(state, path)
    return path, {key: value.float().numpy() for key, value in state.items()}


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        *itertools.product(("float16", "bfloat16"), (".pt", ".ckpt", ".safetensors")),
        ("float16", ".npz"),
    ],
)
def test_half_precision_is_read_exactly(tmp_path: Path, name: str, suffix: str) -> None:
    path, arrays = in_halves(tmp_path, name, suffix)
    network = load_target(path)
    for weight, wanted in zip(network.weights, arrays.values(), strict=True):
        assert np.array_equal(weight, wanted)


def test_a_tensor_marked_as_negative_is_read(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    path = tmp_path / "negative.pt"
    torch.save({"a.weight": torch._neg_view(torch.ones(2, 3))}, path)
    assert np.array_equal(load_target(path).weights[0], -np.ones((2, 3)))


def test_checkpoints_that_are_no_state_dict_say_what_to_save(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from torch.nn.utils import prune

    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    prune.identity(module[0], "weight")
    path = tmp_path / "net.pt"
    cases = (
        (module, UnreadableFile, r"model\.state_dict"),
        ({"one": module.state_dict(), "epoch": 3}, BadInput, r"checkpoint\['one'\]"),
        (module[0].state_dict(prefix="0."), BadInput, r"prune\.remove"),
        (module[1].state_dict(prefix="1."), BadInput, "batch norm"),
        ({"0.weight": torch.ones(2, 3, 5)}, BadInput, r"\(out, in, 1, k\)"),
    )
    for content, kind, words in cases:
        torch.save(content, path)
        with pytest.raises(kind, match=words) as caught:
            load_target(path)
        assert "\x1b" not in str(caught.value)
        assert "\n" not in str(caught.value)
