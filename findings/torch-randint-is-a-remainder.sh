#!/usr/bin/env bash
# What happens: torch.randint takes a random word modulo the range: of the numbers below 3 * 2^61 three quarters are below 2^62 (two thirds would be right), of those below 3 * 2^26 the first third has 34.4 %.
# Versions: torch 2.13.0 (CPU), numpy 2.4.6
# A good guess, written down before the run: every value is as likely as any other, by rejection, as numpy's Generator.integers and Python's randrange have it.
# Who meets it: random integers of many bits: items of subset sums, seeds, hashes. A power of two as the range is fair.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np
import torch

generator = torch.Generator().manual_seed(1)
wide = torch.randint(0, 3 << 61, (200_000,), generator=generator)
share = float((wide < 1 << 62).double().mean())
fair = float((np.random.default_rng(1).integers(0, 3 << 61, 200_000) < 1 << 62).mean())
print(f"below 2^62 of 3 * 2^61: torch {share:.4f}, numpy {fair:.4f}, right 0.6667")
assert abs(share - 3 / 4) < 0.01 and abs(fair - 2 / 3) < 0.01

middle = torch.randint(0, 3 << 26, (4_000_000,), generator=generator)
third = float((middle < 1 << 26).double().mean())
print(f"below 2^26 of 3 * 2^26: torch {third:.5f}, right 0.33333")
assert abs(third - 22 / 64) < 0.002  # 2^32 holds the range 21 1/3 times: 22 of 64 words

even = torch.randint(0, 1 << 62, (200_000,), generator=generator)
assert abs(float((even < 1 << 61).double().mean()) - 0.5) < 0.01
PYTHON
