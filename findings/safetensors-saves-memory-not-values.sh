#!/usr/bin/env bash
# What happens: safetensors.numpy.save writes an array as it lies in memory: a transposed or Fortran-ordered matrix comes back with its numbers in other places, in silence.
# Versions: safetensors 0.8.0, numpy 2.4.6
# A good guess, written down before the run: what was saved comes back: the array is copied into C order, or refused, as safetensors.torch refuses it.
# Who meets it: weights from other layouts: `W.T`, matrices from Fortran libraries and from np.load of Fortran-ordered files. np.ascontiguousarray helps.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np
import safetensors.numpy

weight = np.arange(6.0).reshape(2, 3)
for name, given in {"W.T": weight.T, "Fortran order": np.asfortranarray(weight)}.items():
    back = safetensors.numpy.load(safetensors.numpy.save({"weight": given}))["weight"]
    print(name, given.tolist(), "comes back as", back.tolist())
    assert back.shape == given.shape and not np.array_equal(back, given)
    assert np.array_equal(back.ravel(), given.ravel(order="K"))
    copied = np.ascontiguousarray(given)
    back = safetensors.numpy.load(safetensors.numpy.save({"weight": copied}))["weight"]
    assert np.array_equal(back, given)
PYTHON
