#!/usr/bin/env bash
# What happens: maraboupy reads a .nnet file without its last lines by default: means and ranges of inputs and outputs, which are part of the format, are left out of the network, and the bounds of the inputs are divided by them. normalize=True takes them in.
# Versions: maraboupy 2.0.0, numpy 2.4.6
# A good guess, written down before the run: reading gives the function that the file describes, from raw inputs to raw outputs.
# Who meets it: properties of ACAS Xu stated in feet and degrees: bounds on raw inputs would be set on normalised ones, outputs are compared on another scale.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check maraboupy==2.0.0 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np
from maraboupy import Marabou

# 2 inputs, 2 neurons, 1 output; means 0.5, 0.25 and 10, ranges 2, 4 and 3.
lines = """// a network of two inputs
2,2,1,2,
2,2,1,
0,
-1.0,-1.0,
1.0,1.0,
0.5,0.25,10.0,
2.0,4.0,3.0,
1.0,2.0,
3.0,-1.0,
0.5,
-0.25,
1.0,2.0,
0.125,
"""
with open("two.nnet", "w") as file:
    file.write(lines)


def layers(x):
    hidden = np.maximum(np.array([[1, 2], [3, -1]]) @ x + [0.5, -0.25], 0)
    return hidden @ [1, 2] + 0.125


x = np.array([0.5, -0.5])
inside = layers(x)
described = layers((x - [0.5, 0.25]) / [2, 4]) * 3 + 10
for options, right in (({}, inside), ({"normalize": True}, described)):
    network = Marabou.read_nnet("two.nnet", **options)
    found = float(network.evaluateWithoutMarabou(x[None])[0].item())
    low = [float(network.lowerBounds[k]) for k in (0, 1)]
    print(options, "output", found, "lower bounds", low)
    assert abs(found - right) < 1e-12
    assert low == ([-1, -1] if options else [-0.75, -0.3125])
assert abs(inside - described) > 1
PYTHON
