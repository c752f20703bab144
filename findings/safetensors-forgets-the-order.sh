#!/usr/bin/env bash
# What happens: keys() of a safetensors file come sorted by name, layer.10 before layer.2, and load() of the bytes returns a dict in an order that changes from process to process.
# Versions: safetensors 0.8.0, numpy 2.4.6
# A good guess, written down before the run: a dict comes back in the order in which it was saved, or at least in one fixed order.
# Who meets it: whoever takes layers in the order of a checkpoint: the order of layers must come from their names, read as numbers, or from the model.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import subprocess
import sys

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

names = ["input.weight", *(f"layer.{k}.weight" for k in range(1, 11))]
save_file({name: np.zeros(2, dtype=np.float32) for name in names}, "net.safetensors")
with safe_open("net.safetensors", "np") as file:
    keys = list(file.keys())
print("keys():", keys)
assert keys == sorted(names) != names
code = "from safetensors.numpy import load; print(*load(open('net.safetensors', 'rb').read()))"
orders = {subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout for _ in range(8)}
print("orders of load() in 8 processes:", len(orders))
assert len(orders) > 1
PYTHON
