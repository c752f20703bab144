"""The same front door with the sums solved by torch: the same ticket, to the byte."""

from __future__ import annotations

import cases
import conv_cases
import pytest

from slt_theory.errors import BadInput
from slt_theory.papers.fischer2021 import RandomBiases
from slt_theory.papers.gadhikar2023 import SparseSource
from slt_theory.papers.pensia2020 import TwoLayer
from slt_theory.tickets import build_ticket, verify

torch = pytest.importorskip("torch")
from slt_theory.torch import OnDevice, as_module, export_ticket, from_module, summary  # noqa: E402
from slt_theory.torch import build_ticket as module_ticket  # noqa: E402

DENSE, CONV = cases.random_target(3, (5, 4, 3), biases=True), conv_cases.small_conv()
CASES = [
    (DENSE, TwoLayer(), {}),
    (DENSE, TwoLayer(), {"signs": "needed", "domain": "box:0,1"}),
    (DENSE, RandomBiases(law="normal"), {"n": 40}),
    (CONV, TwoLayer(), {"n": 40}),
    (DENSE, TwoLayer(), {"n": 3}),
]


@pytest.mark.parametrize("case", range(len(CASES)))
@pytest.mark.parametrize("kernel", ["plain", "compiled"])
def test_a_device_changes_nothing_of_a_ticket(case, kernel, tmp_path):
    target, construction, options = CASES[case]
    asked = {"eps": 0.05, "seed": 4, "threads": 1, **options}
    expected = build_ticket(target, construction, **asked)
    ticket = build_ticket(target, construction, solver=OnDevice("cpu", kernel), **asked)
    assert cases.as_bytes(ticket, tmp_path) == cases.as_bytes(expected, tmp_path)
    assert verify(ticket, target).ok == expected.complete


def test_the_ticket_makes_the_module_and_the_module_the_ticket(tmp_path):
    ticket = build_ticket(DENSE, eps=0.05, seed=4, solver=OnDevice("cpu", "plain"))
    nn = torch.nn
    module = as_module(ticket, nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)))
    assert summary(module)["complete"]
    assert module(torch.zeros(2, 5)).shape == (2, 3)
    back = export_ticket(module, DENSE)
    assert cases.as_bytes(back, tmp_path) == cases.as_bytes(ticket, tmp_path)


class Residual(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.one = torch.nn.Conv2d(1, 2, 3, padding=1)
        self.two = torch.nn.Conv2d(2, 2, 3, padding=1)
        self.last = torch.nn.Linear(32, 3)

    def forward(self, x):
        x = self.one(x).relu()
        return self.last((x + self.two(x)).relu().flatten(1))


def test_the_ticket_of_a_module_that_is_read_makes_the_module_of_the_short_form():
    module, x = Residual(), torch.rand(3, 1, 4, 4)
    ticket = build_ticket(from_module(module, x), eps=0.05, seed=4, solver=OnDevice("cpu"))
    made = as_module(ticket, module)
    short = module_ticket(module, eps=0.05, seed=4)
    assert torch.equal(made(x), short(x))
    state, expected = made.state_dict(), short.state_dict()
    assert state.keys() == expected.keys()
    # Masks, and headers with the seed.
    tensors = [name for name, value in state.items() if torch.is_tensor(value)]
    assert all(torch.equal(state[name], expected[name]) for name in tensors)
    assert all(state[name] == expected[name] for name in state.keys() - tensors)


@pytest.mark.parametrize(
    ("construction", "options"), [(SparseSource(), {}), (TwoLayer(), {"objective": "best"})]
)
def test_what_no_device_solves_is_refused(construction, options):
    with pytest.raises(BadInput, match=r"^solver = OnDevice"):
        build_ticket(DENSE, construction, eps=0.1, solver=OnDevice("cpu"), **options)


@pytest.mark.parametrize("device", ["nowhere", "", "meta", "cuda:99", None])
def test_a_device_that_is_not_here_is_refused_by_name(device):
    with pytest.raises(BadInput, match=r"device = .*e\.g\. cpu"):
        OnDevice(device)


@pytest.mark.parametrize(
    ("construction", "options", "words"),
    [
        (None, {"solver": "cuda"}, "solver = cuda.*OnDevice"),
        (None, {"threads": "x"}, "threads = x"),
        (None, {"threads": float("nan")}, "threads = nan"),
        (TwoLayer, {}, r"make one: TwoLayer\(\)"),
    ],
)
def test_odd_arguments_of_a_build_are_refused_by_name(construction, options, words):
    with pytest.raises(BadInput, match=words):
        build_ticket(DENSE, construction, eps=0.3, n=9, **options)
