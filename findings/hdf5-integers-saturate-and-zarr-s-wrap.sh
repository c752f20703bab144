#!/usr/bin/env bash
# What happens: h5py leaves conversions to the HDF5 library, which clips: int64 into an int8 dataset, or read with astype('int8'), turns 300 into 127 and 2.5e300 into the largest int32; zarr and numpy turn 300 into 44. Neither warns.
# Versions: h5py 3.16.0, zarr 3.1.6, numpy 2.4.6
# A good guess, written down before the run: h5py's astype is numpy's, and so is assignment: 300 wraps to 44, in both libraries.
# Who meets it: result stores that move from one format to the other; checksums, hashes and packed bits in narrow integers.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check h5py==3.16.0 zarr==3.1.6 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import h5py
import numpy as np
import zarr

wide = np.array([300, -300, 2**40, -1])
with h5py.File("store.h5", "w") as store:
    narrow = store.create_dataset("narrow", (4,), "int8")
    narrow[:] = wide
    read = store.create_dataset("wide", data=wide).astype("uint8")[:]
    floats = store.create_dataset("floats", data=np.array([2.5e300, -7.9])).astype("int32")[:]
    clipped = narrow[:]
array = zarr.create_array("store.zarr", shape=(4,), dtype="int8")
array[:] = wide
print("h5py ", clipped.tolist(), "as uint8", read.tolist(), "of floats", floats.tolist())
print("zarr ", array[:].tolist())
print("numpy", wide.astype(np.int8).tolist(), "as uint8", wide.astype(np.uint8).tolist())
assert clipped.tolist() == [127, -128, 127, -1]
assert read.tolist() == [255, 0, 255, 0]
assert floats.tolist() == [2**31 - 1, -7]
assert array[:].tolist() == wide.astype(np.int8).tolist() == [44, -44, 0, -1]
PYTHON
