"""Architecture files that say a forward pass word by word, on checkpoints as people save them."""

from __future__ import annotations

import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.networks import load_target
from slt_theory.networks.checkpoints import plain_tensors
from slt_theory.networks.grammar import Forward, graph_of

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn.utils import prune  # noqa: E402

RESNET = """
input = [3, {side}, {side}]
forward = "conv1(padding=1) bn1 relu layer1.{{0-{last}}}:block layer2.0:down {rest} mean linear"
[blocks]
block = "conv1(padding=1) bn1 relu conv2(padding=1) bn2 +[input] relu"
down = "conv1(stride=2, padding=1) bn1 relu conv2(padding=1) bn2 +[input every(2) pad] relu"
"""


class Block(nn.Module):
    def __init__(self, have, want):
        super().__init__()
        self.extra = want - have
        self.conv1 = nn.Conv2d(have, want, 3, want // have, 1, bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(want), nn.BatchNorm2d(want)
        self.conv2 = nn.Conv2d(want, want, 3, 1, 1, bias=False)

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        if self.extra:
            half = self.extra // 2
            x = nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, half, self.extra - half))
        return torch.relu(y + x)


class SmallResNet(nn.Module):
    def __init__(self, depth):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 4, 3, 1, 1, bias=False), nn.BatchNorm2d(4)
        self.layer1 = nn.Sequential(*(Block(4, 4) for _ in range(depth)))
        self.layer2 = nn.Sequential(*(Block(4 if k == 0 else 8, 8) for k in range(depth)))
        self.linear = nn.Linear(8, 5)

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        return self.linear(self.layer2(self.layer1(y)).mean((2, 3)))


def settled(module):
    torch.manual_seed(0)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2)
            nn.init.normal_(part.weight)
            nn.init.normal_(part.bias)
    return module.eval()


def same(module, network, shape):
    x = torch.randn(5, *shape, dtype=torch.float64)
    with torch.no_grad():
        theirs = module.double()(x).reshape(5, -1).numpy()
    ours = network.forward(x.reshape(5, -1).numpy()).reshape(5, -1)
    assert np.abs(ours - theirs).max() < 1e-9


@pytest.mark.parametrize("depth", [2, 3])
def test_one_file_reads_every_depth_of_a_resnet(tmp_path, depth):
    module = settled(SmallResNet(depth)).double()
    state = {f"module.{key}": value for key, value in module.state_dict().items()}
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "net.pth")
    rest = f"layer2.{{1-{depth - 1}}}:block"
    (tmp_path / "arch.toml").write_text(RESNET.format(side=8, last=depth - 1, rest=rest))
    network = load_target(tmp_path / "net.pth", arch=tmp_path / "arch.toml")
    same(module, network, (3, 8, 8))


def test_the_same_grammar_reads_a_vgg(tmp_path):
    def stage(have, want):
        return [nn.Conv2d(have, want, 3, padding=1), nn.BatchNorm2d(want), nn.ReLU()]

    features = nn.Sequential(*stage(3, 4), *stage(4, 4), nn.MaxPool2d(2), *stage(4, 8))
    module = nn.Module()
    module.features, module.classifier = (
        features,
        nn.Sequential(nn.Linear(128, 9), nn.GELU(), nn.Linear(9, 4)),
    )
    settled(module).double()
    torch.save(module.state_dict(), tmp_path / "vgg.pt")
    (tmp_path / "arch.toml").write_text(
        "input = [3, 8, 8]\n"
        'forward = """features.0(padding=1) features.1 relu features.3(padding=1) features.4 relu\n'
        "maxpool(2) features.7(padding=1) features.8 relu\n"
        'flatten classifier.0 gelu classifier.2"""\n'
    )
    network = load_target(tmp_path / "vgg.pt", arch=tmp_path / "arch.toml")
    whole = nn.Sequential(features, nn.Flatten(), module.classifier)
    same(whole, network, (3, 8, 8))


def test_masks_and_weight_norms_of_a_checkpoint_are_applied():
    module = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    prune.l1_unstructured(module[0], "weight", amount=0.5)
    nn.utils.parametrizations.weight_norm(module[1])
    state = {key: value.detach().double().numpy() for key, value in module.state_dict().items()}
    plain = plain_tensors(state)
    assert set(plain) == {"0.weight", "0.bias", "1.weight", "1.bias"}
    assert np.array_equal(plain["0.weight"], module[0].weight.detach().double().numpy())
    assert np.abs(plain["1.weight"] - module[1].weight.detach().double().numpy()).max() < 1e-6
    del state["0.weight_mask"]
    with pytest.raises(BadInput, match="is missing beside it"):
        plain_tensors(state)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("a relu", "b.weight: is used by no word"),
        ("a swish b", "is no layer of"),
        ("a(stride=2) relu b", "is an option that is not known"),
        ("a relu x:b", "is no block"),
        ("a relu b +[c]", "must begin with one of input, a, b"),
        ("a relu b ((", "is no word"),
    ],
)
def test_words_that_say_nothing_are_named(tmp_path, words, says):
    path = tmp_path / "net.npz"
    np.savez(path, **{"a.weight": np.ones((3, 4)), "b.weight": np.ones((2, 3))})
    (tmp_path / "arch.toml").write_text(f'input = [4]\nforward = "{words}"\n')
    with pytest.raises(BadInput, match=says.replace("(", r"\(")):
        load_target(path, arch=tmp_path / "arch.toml")


@pytest.mark.parametrize(
    "words",
    [
        "fc maxpool(a)", "fc maxpool(2)", "fc every", "fc every(0)", "fc every(x)", "fc pad",
        "fc +[]",
        "fc(stride=2)", "fc{0-99999999999}", "fc loop:again", "fc leaky_relu(9)", "fc mean(1",
        "{5-2}", "fc maxpool(-1)", "fc maxpool(2, stride=)", "fc +[input every(2) pad]",
    ],
)  # fmt: skip
def test_words_that_lead_nowhere_are_refused_by_name(words):
    tensors = {"fc.weight": np.ones((2, 4))}
    with pytest.raises(BadInput):
        graph_of(tensors, Forward(words, {"again": "x:again"}), (4,), "file")
