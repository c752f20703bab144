#!/usr/bin/env bash
# What happens: with one seed, the first 15 of 16 normal draws differ from 15 draws; uniform draws agree.
# Versions: torch 2.13.0 (CPU)
# A good guess, written down before the run: a seeded generator gives a stream: fewer draws are a prefix of more.
# Who meets it: whoever compares widths, or numbers of samples, with common random numbers on the CPU: at 16 elements torch changes its algorithm.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import torch


def drawn(function, n):
    torch.manual_seed(0)
    return function(n)


for function in (torch.rand, torch.randn):
    agree = [torch.equal(drawn(function, n), drawn(function, n + 1)[:n]) for n in range(1, 40)]
    print(function.__name__, "is a prefix of one draw more, n = 1..39:", "".join("ny"[a] for a in agree))
    if function is torch.rand:
        assert all(agree)
    else:
        assert not agree[14]
        assert all(agree[:14])
assert not torch.equal(drawn(torch.randn, 16)[:8], drawn(torch.randn, 8))
PYTHON
