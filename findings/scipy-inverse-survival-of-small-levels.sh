#!/usr/bin/env bash
# What happens: isf of discrete laws goes through 1 - q: below 1e-16 binom answers n, poisson NaN, geom infinity, while sf and ppf are right there.
# Versions: scipy 1.17.1, numpy 2.4.6
# A good guess, written down before the run: isf is accurate in the upper tail, as sf is, because that is what both are for; for continuous laws it is.
# Who meets it: critical values of exact tests at small levels (many tests at once): a test whose threshold is n never rings.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check scipy==1.17.1 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import warnings

import numpy as np
from scipy import stats

warnings.simplefilter("ignore")
law = stats.binom(100, 0.5)
for level in (1e-15, 1e-16, 1e-17, 1e-18):
    # Binomial(n, 1/2) is symmetric: the upper point is n minus the lower one.
    print(f"binom at {level}: isf {law.isf(level):.0f}, by symmetry {100 - law.ppf(level):.0f}")
assert law.isf(1e-15) == 100 - law.ppf(1e-15) == 87
assert law.isf(1e-17) == 100 and 100 - law.ppf(1e-17) == 90
assert 0 < law.sf(90) <= 1e-17 < law.sf(89)
print("poisson(5) at 1e-17:", stats.poisson.isf(1e-17, 5), "but sf(34) is", stats.poisson.sf(34, 5))
assert np.isnan(stats.poisson.isf(1e-17, 5)) and 0 < stats.poisson.sf(34, 5) < 1e-17
print("geom(1/2) at 1e-17:", stats.geom.isf(1e-17, 0.5), "but sf(57) is", stats.geom.sf(57, 0.5))
assert np.isinf(stats.geom.isf(1e-17, 0.5)) and 0 < stats.geom.sf(57, 0.5) < 1e-17
print("beta(50, 51) at 1e-18:", stats.beta.isf(1e-18, 50, 51))
assert abs(stats.beta.sf(stats.beta.isf(1e-18, 50, 51), 50, 51) / 1e-18 - 1) < 1e-9
PYTHON
