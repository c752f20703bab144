#!/usr/bin/env bash
# What happens: a .weights.h5 file of Keras 3 stores layers under names of their classes (dense, dense_1), not under the names that the user gave.
# Versions: keras 3.15.1 with the numpy backend (which imports jax 0.10.2), h5py 3.16.0
# A good guess, written down before the run: groups are called as the layers: `first`, `second`.
# Who meets it: whoever reads such a file without the model, or matches tensors by name: the order of the layers decides.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check keras==3.15.1 jax==0.10.2 h5py==3.16.0 scipy==1.17.1 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import os

os.environ["KERAS_BACKEND"] = "numpy"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import h5py
import keras

model = keras.Sequential(
    [keras.Input((3,)), keras.layers.Dense(2, name="first"), keras.layers.Dense(1, name="second")]
)
model.save_weights("w.weights.h5")
names = []
h5py.File("w.weights.h5").visititems(
    lambda name, item: names.append((name, item.shape)) if isinstance(item, h5py.Dataset) else None
)
print(names)
text = " ".join(name for name, _ in names)
assert "first" not in text and "second" not in text
assert ("layers/dense/vars/0", (3, 2)) in names and ("layers/dense_1/vars/0", (2, 1)) in names
print("kernels are (in, out)")
PYTHON
