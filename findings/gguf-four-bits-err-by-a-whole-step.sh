#!/usr/bin/env bash
# What happens: the Q4_0 and Q5_0 blocks of gguf err by up to a whole step: the scale maps the number of largest size to -8 (-16), so its mirror image would need +8 and is cut to 7. Q8_0 and the kinds with a minimum stay within half a step.
# Versions: gguf 0.19.0, numpy 2.4.6
# A good guess, written down before the run: nearest of 16 levels that span the block: an error of at most half a step, up to the rounding of the scale.
# Who meets it: error bounds for quantised weights: per weight it is the whole step 1/8 of the block's largest size, twice the half step.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check gguf==0.19.0 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf.quants import dequantize, quantize

block = np.linspace(-1, 1, 32, dtype=np.float32)[None]
for name in ("Q4_0", "Q5_0", "Q4_1", "Q5_1", "Q8_0"):
    back = dequantize(quantize(block, Kind[name]), Kind[name])
    error = float(np.abs(back - block).max())
    # Finer blocks than their 32 numbers leave levels out; these are the steps of the formats.
    step = {"Q4_0": 1 / 8, "Q5_0": 1 / 16, "Q4_1": 2 / 15, "Q5_1": 2 / 31, "Q8_0": 1 / 127}[name]
    print(f"{name}: step {step:.5f}, largest error {error:.5f} = {error / step:.3f} steps")
    whole = name in ("Q4_0", "Q5_0")
    assert (error / step > 0.99) == whole and (whole or error / step < 0.51)
    worst = int(np.abs(back - block).argmax())
    assert not whole or worst == 31  # the other extreme
PYTHON
