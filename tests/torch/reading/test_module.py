"""Modules as people write them: hooks, modules used twice, batch norms, shortcuts, refusals."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn.utils import prune  # noqa: E402

import slt_theory as slt  # noqa: E402
from slt_theory.errors import BadInput  # noqa: E402
from slt_theory.networks.graph import skeleton  # noqa: E402
from slt_theory.networks.rounding import random_inputs, rounding_errors  # noqa: E402
from slt_theory.torch import dense_target  # noqa: E402
from slt_theory.torch.reading.module import read_module  # noqa: E402
from slt_theory.torch.reading.operators import OPERATORS  # noqa: E402

# A folder of networks from public benchmarks, named by whoever has them.
DATA = Path(os.environ.get("SLT_NETWORKS", "networks-of-others"))


def differs(module, network, shape, count=64):
    """Largest difference of outputs, both in float64."""
    x = torch.randn(count, *shape, dtype=torch.float64)
    with torch.no_grad():
        theirs = module.double().eval()(x).reshape(count, -1).numpy()
    return np.abs(network.forward(x.reshape(count, -1).numpy()).reshape(count, -1) - theirs).max()


def mlp():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))


def pruned_and_trained():
    module = mlp()
    prune.l1_unstructured(module[0], "weight", amount=0.5)
    module[0].weight_orig.data += 1.0  # what an optimiser does: `weight` is now stale
    return module


def old_norm(name):
    module = mlp()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        getattr(nn.utils, name)(module[2])
    for key, value in module[2].named_parameters():
        if key.endswith(("_g", "_orig")):
            value.data.mul_(3.0)
    return module


def hooked():
    module = mlp()
    module[0].register_forward_hook(lambda part, given, out: out * 2)
    module[2].register_forward_pre_hook(lambda part, given: (given[0] + 1,))
    return module


def used_twice():
    torch.manual_seed(0)
    linear, relu = nn.Linear(6, 6), nn.ReLU()
    return nn.Sequential(linear, relu, nn.Linear(6, 6), relu, linear, relu)


CASES = {
    "pruned, then trained": pruned_and_trained,
    "weight_norm by hook": lambda: old_norm("weight_norm"),
    "spectral_norm by hook": lambda: old_norm("spectral_norm"),
    "forward hooks": hooked,
    "layer and activation used twice": used_twice,
}


@pytest.mark.parametrize("name", CASES)
def test_the_weights_that_the_forward_pass_uses_are_read(name):
    module = CASES[name]()
    network = slt.from_module(module, torch.zeros(1, 6))
    assert differs(module, network, (6,)) < 1e-12


def test_the_module_is_left_as_it_is():
    module = pruned_and_trained()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    stale = module[0].weight
    slt.from_module(module, torch.zeros(1, 6))
    assert module.training
    assert module[0].weight is stale
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())


def test_a_network_survives_its_description_and_a_ticket_of_it_verifies():
    torch.manual_seed(1)
    module = nn.Sequential(
        nn.Conv2d(2, 4, 3, stride=2, padding=1, padding_mode="reflect"), nn.BatchNorm2d(4),
        nn.ReLU(), nn.AvgPool2d(2, 1, 1, count_include_pad=False), nn.Flatten(), nn.Linear(36, 3),
    )  # fmt: skip
    network = slt.from_module(module, torch.zeros(1, 2, 4, 4))
    again = skeleton(network.describe())
    assert again.steps == network.steps
    ticket = slt.build_ticket(network, theorem="pensia2020-direct", eps=0.05, seed=1)
    check = slt.verify(ticket, network)
    assert check.ok, check.failures
    assert check.sup_error_found <= check.sup_error_bound < 10


def test_gelu_and_silu_make_direct_tickets():
    torch.manual_seed(2)
    module = nn.Sequential(nn.Linear(3, 5), nn.GELU(), nn.Linear(5, 4), nn.SiLU(), nn.Linear(4, 2))
    network = slt.from_module(module, torch.zeros(1, 3))
    ticket = slt.build_ticket(network, theorem="pensia2020-direct", eps=0.05, seed=1)
    check = slt.verify(ticket, network)
    assert check.ok, check.failures
    with pytest.raises(BadInput, match="assumes an activation"):
        slt.build_ticket(network, theorem="pensia2020-two-layer", eps=0.05, seed=1)


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (nn.Sequential(nn.Linear(6, 6), nn.Softmax(1)), "aten.softmax.int in 1 \\(Softmax\\)"),
        (nn.Sequential(nn.Linear(6, 6), nn.LayerNorm(6)), "aten.layer_norm.default in 1"),
        (nn.Sequential(nn.Linear(6, 6), nn.Flatten(0)), "batch"),
        (nn.Sequential(nn.ReLU()), "no layer of weights"),
        (nn.Linear(5, 5), "torch.export cannot record it"),
        (3, "must be a torch.nn.Module"),
    ],
)
def test_what_is_not_covered_is_refused_by_name(module, says):
    with pytest.raises(BadInput, match=says):
        slt.from_module(module, torch.zeros(1, 6))


class Block(nn.Module):
    """A basic block of the first ResNets for CIFAR, with its shortcut without weights."""

    def __init__(self, have, want):
        super().__init__()
        self.stride, self.extra = want // have, want - have
        self.conv1 = nn.Conv2d(have, want, 3, self.stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(want)
        self.conv2 = nn.Conv2d(want, want, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(want)

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        if self.extra:
            half = self.extra // 2
            x = nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, half))
        return torch.relu(y + x)


class ResNet20(nn.Module):
    """Three stages of three blocks with 16, 32 and 64 channels."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        for stage, (have, want) in enumerate(((16, 16), (16, 32), (32, 64)), start=1):
            blocks = [Block(have if k == 0 else want, want) for k in range(3)]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.layer3(self.layer2(self.layer1(y)))
        return self.linear(y.mean((2, 3)))


def test_a_resnet_is_read_whole():
    module = ResNet20()
    path = DATA / "cifar10_resnet20.pth"
    if path.exists():
        state = torch.load(path, weights_only=True, map_location="cpu")["state_dict"]
        module.load_state_dict({k.removeprefix("module."): v for k, v in state.items()})
    network, _, agreement = read_module(module, torch.zeros(1, 3, 32, 32))
    assert network.depth == 20
    assert agreement.difference < 1e-9
    assert differs(module, network, (3, 32, 32), count=4) < 1e-9


def test_a_chain_with_modules_used_twice_is_a_dense_target():
    torch.manual_seed(0)
    linear, relu = nn.Linear(4, 4), nn.ReLU()
    module = nn.Sequential(linear, relu, nn.Linear(4, 4), relu, linear)
    target = dense_target(module)
    assert target.depth == 3
    assert differs(module, target, (4,)) < 1e-12
    with pytest.raises(BadInput, match="Linear last"):
        dense_target(nn.Sequential(nn.Linear(4, 4), relu, nn.Linear(4, 3), relu))


def test_a_pre_activation_block_is_read_whole():
    torch.manual_seed(0)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.stem, self.norm = nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3)
            self.conv = nn.Conv2d(3, 3, 3, padding=1)
            self.norm.running_mean.normal_()

        def forward(self, x):
            y = self.stem(x)
            return y + self.conv(torch.relu(self.norm(y)))

    module = Net()
    assert differs(module, slt.from_module(module, torch.zeros(1, 2, 4, 4)), (2, 4, 4)) < 1e-12


def test_a_small_misreading_of_a_deep_network_is_refused(monkeypatch):
    """Where the rounding of the whole explains more than its outputs, operators are held alone."""
    torch.manual_seed(0)
    parts = [part for _ in range(32) for part in (nn.Linear(24, 24), nn.ReLU())]
    module = nn.Sequential(*parts, nn.Linear(24, 2))
    with torch.no_grad():
        for part in module[::2]:
            part.weight.mul_(8)
    _, unfolded, _ = read_module(module, torch.zeros(1, 24))
    x = random_inputs(24, 4)
    assert (rounding_errors(unfolded, x, 2.0**-53) > np.abs(unfolded.forward(x))).any()
    wrong = "leaky_relu(0.00001)"
    monkeypatch.setitem(OPERATORS, "aten.relu", lambda scene, x: scene.tape.activate(x, wrong))
    with pytest.raises(BadInput, match="after activate, step 2, which rounding does not explain"):
        read_module(module, torch.zeros(1, 24))
