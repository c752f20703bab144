#!/usr/bin/env bash
# What happens: netCDF4 masks the default fill value of every integer type on reading, whether or not the variable has one: -127 of int8, 255 of uint8, -32767 of int16 come back as holes; h5py reads the same file whole.
# Versions: netCDF4 1.7.5.1.post1, h5py 3.16.0, numpy 2.4.6
# A good guess, written down before the run: a variable that was written in full and has no _FillValue has no missing values; bytes in particular use their whole range.
# Who meets it: symmetric quantisation, whose least weight is -127 or -32767: set_auto_mask(False), or fill_value=False when the variable is made.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check netCDF4==1.7.5.1.post1 h5py==3.16.0 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import h5py
import netCDF4
import numpy as np

least = {"i1": -127, "u1": 255, "i2": -32767, "u2": 65535, "i4": -(2**31) + 1, "i8": -(2**63) + 2}
with netCDF4.Dataset("weights.nc", "w") as file:
    file.createDimension("place", 3)
    for kind, value in least.items():
        file.createVariable(kind, kind, ("place",))[:] = np.array([value, 1, 0], kind)
    file.createVariable("none", "i1", ("place",), fill_value=False)[:] = np.int8([-127, 1, 0])
with netCDF4.Dataset("weights.nc") as file:
    masked = {kind: np.ma.getmaskarray(file[kind][:]).tolist() for kind in [*least, "none"]}
    attributes = {kind: file[kind].ncattrs() for kind in least}
    file.set_auto_mask(False)
    plain = {kind: int(file[kind][:][0]) for kind in least}
print("masked:", masked)
assert all(masked[kind] == [True, False, False] for kind in least)
assert not any(attributes.values()) and plain == least
assert masked["none"] == [False, False, False]
with h5py.File("weights.nc") as file:
    whole = {kind: int(file[kind][0]) for kind in least}
print("h5py:", whole)
assert whole == least
PYTHON
