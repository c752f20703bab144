#!/usr/bin/env bash
# What happens: the graph that torch.export.export returns holds in-place operators; run_decompositions({}) removes them and decomposes no layer.
# Versions: torch 2.13.0 (CPU)
# A good guess, written down before the run: an exported graph is functional: each node's value is what its operator returns, and never changes later.
# Who meets it: whoever walks an exported graph node by node, an importer for instance: `z = y; relu_(y); y + z` is read as another function.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        y = x * 2
        z = y
        torch.relu_(y)
        return y + z


x = torch.tensor([[-1.0, 2.0]])
program = torch.export.export(Net(), (x,), strict=False)


def walked(graph):
    """Every node a pure function of the values that its arguments had when they were made."""
    values = {}
    for node in graph.nodes:
        if node.op == "placeholder":
            values[node] = x.clone()
        elif node.op == "output":
            return values[node.args[0][0]]
        else:
            args = [values[a].clone() if isinstance(a, torch.fx.Node) else a for a in node.args]
            values[node] = node.target(*args)


operators = [str(node.target) for node in program.graph.nodes if node.op == "call_function"]
print("export:", operators)
assert "aten.relu_.default" in operators
after = program.run_decompositions({})
clean = [str(node.target) for node in after.graph.nodes if node.op == "call_function"]
print("after run_decompositions({}):", clean)
assert "aten.relu.default" in clean and not any(name.endswith("_.default") for name in clean)
print("module", Net()(x).tolist(), "walked", walked(after.graph).tolist())
assert torch.equal(walked(after.graph), Net()(x))


class Layers(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.conv, self.norm = nn.Linear(4, 2), nn.Conv2d(1, 1, 2), nn.BatchNorm2d(1)

    def forward(self, x):
        return self.fc(self.norm(self.conv(x)).flatten(1))


layers = torch.export.export(Layers().eval(), (torch.zeros(2, 1, 3, 3),), strict=False)
kept = [str(n.target) for n in layers.run_decompositions({}).graph.nodes if n.op == "call_function"]
print("layers stay whole:", kept)
assert "aten.linear.default" in kept and "aten.conv2d.default" in kept
PYTHON
