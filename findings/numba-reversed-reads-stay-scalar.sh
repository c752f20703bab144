#!/usr/bin/env bash
# What happens: numba vectorises src[i], src[i + 1] and src[i - 1], but not src[n - 1 - i]; with unsigned n and i it does.
# Versions: numba 0.68.1, numpy 2.4.6
# A good guess, written down before the run: a reversed read is vectorised like a forward one, by a load and a shuffle.
# Who meets it: compiled loops over mirrored arrays (symmetric sums, convolutions): a signed index may count from the end.
# It installs what it needs into a temporary folder and fails if the behaviour changes. It looks for packed multiplications in
# the machine code for a plain x86-64 (SSE2) processor, whatever processor runs it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check numba==0.68.1 numpy==2.4.6
cd "$work"
NUMBA_CPU_NAME=generic "$work/env/bin/python" - <<'PYTHON'
import numba
import numpy as np

THREE = np.int16(3)


def forward(src, out):
    n = min(src.size, out.size)
    for i in range(n):
        out[i] = src[i] * THREE


def later(src, out):
    n = min(src.size, out.size) - 1
    for i in range(n):
        out[i] = src[i + 1] * THREE


def earlier(src, out):
    n = min(src.size, out.size)
    for i in range(1, n):
        out[i] = src[i - 1] * THREE


def reversed_signed(src, out):
    n = min(src.size, out.size)
    for i in range(n):
        out[i] = src[n - 1 - i] * THREE


def reversed_unsigned(src, out):
    n = np.uint64(min(src.size, out.size))
    for i in range(n):
        out[i] = src[n - np.uint64(1) - i] * THREE


packed = {}
for function in (forward, later, earlier, reversed_signed, reversed_unsigned):
    compiled = numba.njit(function)
    out = np.zeros(100, np.int16)
    compiled(np.arange(100, dtype=np.int16), out)
    packed[function.__name__] = any("pmullw" in code for code in compiled.inspect_asm().values())
    print(f"{function.__name__}: packed multiplications: {packed[function.__name__]}, out[1] = {out[1]}")
assert packed == {
    "forward": True,
    "later": True,
    "earlier": True,
    "reversed_signed": False,
    "reversed_unsigned": True,
}
PYTHON
