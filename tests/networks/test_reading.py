"""What was read is said, what was assumed is announced, and values can be checked."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from slt_theory.cli import app
from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.networks import load_target, read_target
from slt_theory.tickets import build_ticket, read_ticket, write_ticket

RUNNER = CliRunner()


def saved(folder, tensors):
    path = folder / "net.npz"
    np.savez(path, **tensors)
    return path


def square(rng):
    return {"out.weight": rng.normal(size=(4, 4)), "hidden.weight": rng.normal(size=(4, 4))}


def test_an_order_that_is_only_assumed_is_announced_and_can_be_refused(tmp_path):
    path = saved(tmp_path, square(np.random.default_rng(0)))
    reading = read_target(path)
    assert reading.assumed[0].startswith("layers are called in the order of the keys: out -> hid")
    assert any("relu" in text for text in reading.assumed)
    with pytest.raises(BadInput, match="does not say its network"):
        read_target(path, strict=True)
    shown = RUNNER.invoke(app, ["target", "show", str(path), "--json"])
    assert json.loads(shown.stdout)["assumed"] == list(reading.assumed)


def test_an_order_that_the_shapes_force_is_not_assumed(tmp_path):
    path = saved(tmp_path, {"a.weight": np.ones((3, 5)), "b.weight": np.ones((2, 3))})
    assert not any("order" in text for text in read_target(path).assumed)


def forwards(tensors, x, *, activation, skip=False):
    """A two-layer network in another order, with a skip, or with another activation."""
    h = activation(x @ tensors["hidden.weight"].T)
    y = h @ tensors["out.weight"].T
    return y + x if skip else y


ACTIVATIONS = {
    "relu": lambda z: np.maximum(z, 0),
    "tanh": np.tanh,
    "leaky_relu(0.25)": lambda z: np.where(z < 0, 0.25 * z, z),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("skip", [False, True])
def test_values_tell_a_wrong_reading_from_the_right_one(tmp_path, name, skip):
    rng = np.random.default_rng(1)
    tensors = square(rng)
    path = saved(tmp_path, tensors)
    x = rng.normal(size=(20, 4))
    y = forwards(tensors, x, activation=ACTIVATIONS[name], skip=skip)
    with pytest.raises(BadInput, match="rounding explains"):
        load_target(path, check=(x, y))
    arch = tmp_path / "arch.toml"
    words = f"hidden {name} out" + (" +[input]" if skip else "")
    arch.write_text(f'input = [4]\nforward = "{words}"\n')
    reading = read_target(path, arch=arch, check=(x, y), strict=True)
    assert reading.assumed == ()
    assert reading.agreement.difference <= reading.agreement.bound < 1e-10


def test_outputs_that_any_network_would_pass_check_nothing(tmp_path):
    path = saved(tmp_path, square(np.random.default_rng(2)))
    x = np.zeros((3, 4))
    with pytest.raises(BadInput, match="a constant would pass"):
        load_target(path, check=(x, np.zeros((3, 4))))


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        (np.zeros((0, 4)), np.zeros((0, 4)), "must not be empty"),
        (np.zeros((2, 4)), np.full((2, 4), np.nan), "check: y = nan: must be finite"),
        (np.zeros((2, 4)), np.ones((2, 4), dtype=bool), "must hold real numbers"),
        (np.zeros((2, 4)), np.zeros((3, 4)), "as many outputs as inputs"),
        (np.zeros((2, 4)), np.zeros((2, 3)), "must hold outputs of shape"),
        ("x", 3, "must hold real numbers"),
    ],
)
def test_a_check_that_is_none_is_named(tmp_path, x, y, says):
    path = saved(tmp_path, square(np.random.default_rng(6)))
    with pytest.raises(BadInput, match=says):
        load_target(path, check=(x, y))


def test_order_in_the_architecture_file(tmp_path):
    tensors = square(np.random.default_rng(3))
    path = saved(tmp_path, tensors)
    arch = tmp_path / "arch.toml"
    arch.write_text('order = ["hidden", "out"]\nactivation = "tanh"\n')
    x = np.random.default_rng(4).normal(size=(5, 4))
    network = load_target(path, arch=arch)
    assert np.allclose(network.forward(x), forwards(tensors, x, activation=np.tanh), atol=1e-12)
    arch.write_text('order = ["hidden"]\n')
    with pytest.raises(BadInput, match="must name every layer once"):
        load_target(path, arch=arch)


def test_build_and_verify_say_what_they_read(tmp_path):
    path = saved(tmp_path, square(np.random.default_rng(5)))
    out = tmp_path / "t.npz"
    base = ["--target", str(path)]
    built = RUNNER.invoke(
        app, ["ticket", "build", *base, "--eps", "0.1", "--out", str(out), "--json"]
    )
    assert built.exit_code == 0, built.output
    assert json.loads(built.stdout)["assumed"] == list(read_target(path).assumed)
    assert "slt: assumed: layers are called in the order of the keys" in built.stderr
    verified = RUNNER.invoke(app, ["ticket", "verify", str(out), *base])
    assert verified.exit_code == 0
    assert "read: out: linear 4 -> 4 of input, relu" in verified.stdout
    refused = RUNNER.invoke(app, ["ticket", "verify", str(out), *base, "--strict"])
    assert refused.exit_code == 2 or isinstance(refused.exception, BadInput)


AGAINST = {
    "shortcut": ["conv1", "layer1.0.downsample.0", "fc"],
    "camel case": ["conv1", "shortCut", "fc"],
    "attention": ["self_attn.q_proj", "out"],
    "query, key, value": ["query", "key", "value", "out"],
    "two heads": ["trunk", "policy_head", "value_head"],
    "list of heads": ["trunk", "heads.0", "heads.1"],
    "embedding": ["embedding", "out"],
    "recurrent": ["lstm1", "out"],
}
FOR = {
    "one head of two layers": ["trunk", "head.0", "head.2"],
    "a critic": ["fc1", "fc2", "value"],
    "blocks of a plain network": ["block1.conv1", "block1.conv2", "block2.conv1"],
    "letters": ["a", "k", "q"],
}


def chained(folder, names):
    rng = np.random.default_rng(0)
    return saved(folder, {f"{name}.weight": rng.normal(size=(4, 4)) for name in names})


@pytest.mark.parametrize("name", AGAINST)
def test_names_that_speak_against_a_chain_are_refused(tmp_path, name):
    path = chained(tmp_path, AGAINST[name])
    with pytest.raises(BadInput, match=r"hardly a chain of its layers .*by (its|their) name"):
        load_target(path)
    arch = tmp_path / "arch.toml"
    arch.write_text(f'input = [4]\nforward = "{" relu ".join(AGAINST[name])}"\n')
    assert load_target(path, arch=arch).depth == len(AGAINST[name])


@pytest.mark.parametrize("name", FOR)
def test_names_of_plain_networks_are_read(tmp_path, name):
    assert load_target(chained(tmp_path, FOR[name])).depth == len(FOR[name])


def test_a_ticket_keeps_what_was_assumed_and_compared(tmp_path):
    rng = np.random.default_rng(7)
    tensors = square(rng)
    path, out = saved(tmp_path, tensors), tmp_path / "t.npz"
    x = rng.normal(size=(9, 4))
    values = tmp_path / "values.npz"
    np.savez(values, x=x, y=tensors_forward(tensors, x))
    options = ["--target", str(path), "--check", str(values)]
    built = RUNNER.invoke(app, ["ticket", "build", *options, "--eps", "0.1", "--out", str(out)])
    assert built.exit_code == 0, built.output
    reading = read_ticket(out).reading
    assert reading["assumed"] == list(read_target(path).assumed)
    assert reading["check"]["inputs"] == 9
    assert reading["check"]["with"] == "values"
    assert reading == read_target(path, check=values).remarks()
    again = read_target(path, check=(-x, tensors_forward(tensors, -x))).remarks()
    assert again["check"]["sha256"] != reading["check"]["sha256"]
    verified = RUNNER.invoke(app, ["ticket", "verify", str(out), "--target", str(path)])
    assert verified.exit_code == 0
    assert "built assuming: layers are called in the order of the keys" in verified.stdout


def tensors_forward(tensors, x):
    return np.maximum(x @ tensors["out.weight"].T, 0) @ tensors["hidden.weight"].T


@pytest.mark.parametrize(
    "reading",
    [
        {"assumed": [], "check": {}, "more": 1},
        {"assumed": [3], "check": {}},
        {"assumed": ["x" * 3000], "check": {}},
        {"assumed": ["x"] * 99, "check": {}},
        {"assumed": [], "check": {"with": "values"}},
        {"assumed": [], "check": {"with": 1, "inputs": 1, "bound_exponent": 1, "sha256": ""}},
        [],
    ],
)
def test_remarks_of_another_form_are_refused(tmp_path, reading):
    network = load_target(saved(tmp_path, square(np.random.default_rng(8))))
    ticket = replace(build_ticket(network, eps=0.1), reading=reading)
    write_ticket(ticket, tmp_path / "t.npz")
    with pytest.raises(UnreadableFile):
        read_ticket(tmp_path / "t.npz")
