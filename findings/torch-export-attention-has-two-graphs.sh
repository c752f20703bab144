#!/usr/bin/env bash
# What happens: nn.MultiheadAttention exports as one scaled_dot_product_attention with need_weights=False, and as bmm, softmax, bmm with the default; neither holds an attention layer, and no_grad changes nothing.
# Versions: torch 2.13.0 (CPU)
# A good guess, written down before the run: one fused attention operator in inference (the fast path of eval and no_grad), whatever the caller does with the weights that it drops.
# Who meets it: importers that look for the attention operator: a discarded second result decides which graph they see.
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

warnings.simplefilter("ignore")


class Net(nn.Module):
    def __init__(self, **options):
        super().__init__()
        self.attention, self.options = nn.MultiheadAttention(8, 2, batch_first=True), options

    def forward(self, x):
        return self.attention(x, x, x, **self.options)[0]


def operators(net, grad):
    with torch.set_grad_enabled(grad):
        program = torch.export.export(net.eval(), (torch.zeros(2, 5, 8),), strict=False)
    return [str(n.target).split(".")[1] for n in program.graph.nodes if n.op == "call_function"]


for options in ({}, {"need_weights": False}):
    seen = operators(Net(**options), True)
    assert seen == operators(Net(**options), False)
    kept = [name for name in seen if name in ("bmm", "softmax", "mean", "scaled_dot_product_attention")]
    print(options, len(seen), "operators, among them", kept)
    assert ("scaled_dot_product_attention" in seen) == bool(options)
    assert (seen.count("bmm") == 2) == (not options)
    assert not any("multi_head" in name for name in seen)
PYTHON
