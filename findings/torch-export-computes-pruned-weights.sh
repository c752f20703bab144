#!/usr/bin/env bash
# What happens: a module pruned by torch.nn.utils.prune exports the product orig * mask as nodes of its graph, and its own stale weight does not occur.
# Versions: torch 2.13.0 (CPU)
# A good guess, written down before the run: the hook's result is baked in: a constant `fc.weight` as it was at the time of the export.
# Who meets it: whoever reads weights from the state of an exported program by the names of the layers: there is no `fc.weight`.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import warnings

import torch
from torch import nn
from torch.nn.utils import prune

warnings.simplefilter("ignore")
net = nn.Sequential(nn.Linear(3, 2))
prune.l1_unstructured(net[0], "weight", amount=0.5)
net[0].weight_orig.data += 1.0  # as an optimiser does: net[0].weight is stale now
x = torch.ones(2, 3)
program = torch.export.export(net, (x,), strict=False)
names = sorted(program.state_dict)
operators = [str(n.target) for n in program.graph.nodes if n.op == "call_function"]
print("state:", names)
print("operators:", operators)
assert "0.weight" not in names and {"0.weight_orig", "0.weight_mask"} <= set(names)
assert "aten.mul.Tensor" in operators
before = program.module()(x)
assert torch.equal(before, net(x))
with torch.no_grad():
    program.state_dict["0.weight_orig"].mul_(2)
print("output moves with weight_orig:", not torch.equal(before, program.module()(x)))
assert not torch.equal(before, program.module()(x))
PYTHON
