#!/usr/bin/env bash
# What happens: torch.manual_seed(1) and torch.manual_seed(1 + 2^32) start the same stream on the CPU, and initial_seed() still tells them apart.
# Versions: torch 2.13.0 (CPU)
# A good guess, written down before the run: the seed is documented as 64 bits, so different seeds give different streams.
# Who meets it: seeds made by hashing or by shifting a trial number into the upper half: trials repeat each other.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import torch


def drawn(seed):
    generator = torch.Generator().manual_seed(seed)
    return generator.initial_seed(), torch.rand(4, generator=generator).tolist()


one, high, higher, two = drawn(1), drawn(1 + 2**32), drawn(1 + 2**63), drawn(2)
for seed, values in (one, high, higher, two):
    print(seed, values)
assert one[0] != high[0]
assert one[1] == high[1] == higher[1] != two[1]
PYTHON
