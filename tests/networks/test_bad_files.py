"""Files and options that lead nowhere: each is refused by name, none ends in a traceback."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from slt_theory.errors import BadInput, SltError
from slt_theory.networks import load_target, read_target

torch = pytest.importorskip("torch")


def chain(folder):
    path = folder / "net.npz"
    rng = np.random.default_rng(0)
    np.savez(path, **{"a.weight": rng.normal(size=(3, 4)), "b.weight": rng.normal(size=(2, 3))})
    return path


ARCHITECTURES = [
    "input = []", "input = 'a'", "input = [3.5]", "input = [true]", "input = {a = 1}", "order = 3",
    "order = [1]", "order = 'ab'", "activation = 3", "activation = ['relu']", "[zz]\nfrom = 'a'",
    "a = 3", "[a.b.c]\nx = 1", "[b]\nadd = 3", "[b]\npool_stride = 'x'", "[b]\npool_padding = -1",
    "[b]\npool_counts_padding = 1", "input = [4]\nforward = 3", "forward = 'a'", "\0",
    "input = [4]\nforward = 'a b'\nblocks = 3",
    "input = [4]\nforward = 'a'\n[blocks]\nx = 3",
]  # fmt: skip


@pytest.mark.parametrize("text", ARCHITECTURES)
def test_architecture_files_that_say_nothing_are_refused(tmp_path, text):
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(BadInput):
        load_target(chain(tmp_path), arch=tmp_path / "a.toml")


CHECKS = {
    "objects": {"x": np.array([None]), "y": np.ones((1, 2))},
    "texts": {"x": np.array(["a"]), "y": np.ones((1, 2))},
    "complex": {"x": np.ones((1, 4)) * 1j, "y": np.ones((1, 2))},
    "scalars": {"x": np.float64(3), "y": np.float64(3)},
    "dates": {"x": np.array(["2020-01-01"], dtype="M8[D]"), "y": np.ones((1, 2))},
    "narrow": {"x": np.ones((3, 3)), "y": np.ones((3, 2))},
    "nothing": {},
}


@pytest.mark.parametrize("name", CHECKS)
def test_values_that_are_none_are_refused(tmp_path, name):
    np.savez(tmp_path / "values.npz", **CHECKS[name])
    with pytest.raises(BadInput):
        read_target(chain(tmp_path), check=tmp_path / "values.npz")


@pytest.mark.parametrize("check", [(1,), (1, 2, 3), 3, [], (None, None), ([], [])])
def test_a_check_of_another_form_is_refused(tmp_path, check):
    with pytest.raises(BadInput, match="check"):
        read_target(chain(tmp_path), check=check)


WEIGHTS = {"a.weight": torch.ones(3, 4), "b.weight": torch.ones(2, 3)}
READ = {
    "state_dict": {"state_dict": WEIGHTS, "epoch": 3},
    "model": {"model": WEIGHTS, "optimizer": {"state": {}}, "epoch": 3},
    "model_state_dict": {"model_state_dict": WEIGHTS, "loss": 0.5},
    "net": {"net": WEIGHTS, "acc": 93.0},
    "a list of one": [WEIGHTS],
    "nested": {"state_dict": {"model": WEIGHTS}},
    "half precision": {key: value.bfloat16() for key, value in WEIGHTS.items()},
}
REFUSED = {
    "a model and its average": {"model": WEIGHTS, "ema": WEIGHTS},
    "two models": {"model": WEIGHTS, "net": WEIGHTS},
    "nothing": None,
    "a tensor": WEIGHTS["a.weight"],
    "numbers as keys": {0: WEIGHTS["a.weight"]},
    "on meta": {"a.weight": torch.ones(3, 4, device="meta")},
    "sparse": {"a.weight": torch.eye(3).to_sparse()},
    "integers": {"a.weight": torch.ones(3, 4, dtype=torch.int32)},
    "no side": {"a.weight": torch.ones(0, 4)},
    "one axis": {"a.weight": torch.ones(3)},
}


@pytest.mark.parametrize("name", [*READ, *REFUSED])
def test_checkpoints_as_training_loops_save_them(tmp_path, name):
    torch.save({**READ, **REFUSED}[name], tmp_path / "net.pt")
    if name in READ:
        assert load_target(tmp_path / "net.pt").parameters == 18
    else:
        with pytest.raises(BadInput):
            load_target(tmp_path / "net.pt")


NNET = """// a comment
1,2,1,2,
2,1,
0,
-1,-1,
1,1,
0,0,0,
1,1,1,
1,2,
3,
"""


def test_lines_of_a_text_file_are_checked_one_by_one(tmp_path):
    path = tmp_path / "net.nnet"
    path.write_text(NNET)
    assert np.array_equal(load_target(path).forward([[1.0, 1.0]]).ravel(), [6.0])
    lines = NNET.splitlines()
    for number, text in itertools.product(range(1, len(lines)), ["", "a", "nan,", "1e400,", "2.5"]):
        path.write_text("\n".join([*lines[:number], text, *lines[number + 1 :]]))
        try:
            load_target(path)
        except SltError:
            continue
        # A flag and a bias may be any number.
        assert (number, text) in ((3, "2.5"), (9, "2.5"))
    for count in range(len(lines)):
        path.write_text("\n".join(lines[:count]))
        with pytest.raises(BadInput):
            load_target(path)


def test_bytes_changed_at_random_are_refused_or_read(tmp_path):
    """Damage is refused by name, or changes nothing that is read: a format may hold free bytes."""
    module = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.ReLU(), torch.nn.Linear(3, 2))
    torch.save(module.state_dict(), tmp_path / "net.pt")
    program = torch.export.export(module, (torch.zeros(2, 4),))
    torch.export.save(program, tmp_path / "net.pt2")
    rng = np.random.default_rng()
    for name in ("net.pt", "net.pt2"):
        path = tmp_path / name
        whole, network = path.read_bytes(), load_target(path)
        for _ in range(12):
            damaged = bytearray(whole)
            damaged[int(rng.integers(len(whole)))] ^= int(rng.integers(1, 256))
            path.write_bytes(damaged)
            try:
                again = load_target(path)
            except SltError:
                continue
            x = np.ones((1, 4))
            assert np.array_equal(again.forward(x), network.forward(x))


def test_convolutions_that_the_architecture_file_leaves_out_are_announced(tmp_path):
    rng = np.random.default_rng(1)
    path = tmp_path / "net.npz"
    np.savez(path, **{"c.weight": rng.normal(size=(1, 1, 3, 3)), "d.weight": np.ones((1, 1, 3, 3))})
    (tmp_path / "a.toml").write_text("input = [1, 5, 5]\n[d]\npadding = 0\n")
    assumed = read_target(path, arch=tmp_path / "a.toml").assumed
    assert assumed[-1] == "convolutions with stride 1, same padding, no pooling: c"


POOLED = """
input = [1, 6, 6]
[c]
pool = 3
pool_kind = "average"
pool_stride = 2
pool_padding = 1
pool_counts_padding = false
"""


@pytest.mark.parametrize("counted", [True, False])
def test_pools_that_overlap_and_pad_in_an_architecture_file(tmp_path, counted):
    torch.manual_seed(0)
    conv, fc = torch.nn.Conv2d(1, 2, 3, padding=1).double(), torch.nn.Linear(18, 3).double()
    pool = torch.nn.AvgPool2d(3, 2, 1, count_include_pad=counted)
    module = torch.nn.Sequential(conv, torch.nn.ReLU(), pool, torch.nn.Flatten(), fc)
    states = {"c": conv.state_dict(), "f": fc.state_dict()}
    saved = {f"{n}.{key}": value for n, state in states.items() for key, value in state.items()}
    torch.save(saved, tmp_path / "net.pt")
    (tmp_path / "a.toml").write_text(POOLED.replace("false", str(counted).lower()))
    network = load_target(tmp_path / "net.pt", arch=tmp_path / "a.toml")
    x = torch.randn(5, 1, 6, 6).double()
    with torch.no_grad():
        theirs = module(x).numpy()
    assert np.abs(network.forward(x.reshape(5, -1).numpy()) - theirs).max() < 1e-12
