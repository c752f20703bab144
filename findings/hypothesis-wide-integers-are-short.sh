#!/usr/bin/env bash
# What happens: integers(0, 2**64 - 1) of Hypothesis prefers small numbers: about 1 example in 100 has the top bit, and of those of integers(0, 2**16 - 1) 7 in 100. Ranges of fewer numbers than there are examples are covered evenly.
# Versions: hypothesis 6.170.17
# A good guess, written down before the run: some small numbers and the ends, the rest spread over the range: at least a third with the top bit.
# Who meets it: masks, words of generators and hashes as 64-bit integers: high bits are hardly tested; binary(min_size=8, max_size=8) tests them.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check hypothesis==6.170.17
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
from hypothesis import Phase, given, settings
from hypothesis.strategies import binary, integers


def with_top_bit(strategy, bits):
    """The share of a thousand examples that are 2^(bits - 1) or more."""
    numbers = []

    @settings(max_examples=1000, database=None, derandomize=True, phases=[Phase.generate])
    @given(strategy)
    def test(number):
        numbers.append(number)

    test()
    return sum(number >> (bits - 1) for number in numbers) / len(numbers)


shares = {bits: with_top_bit(integers(0, 2**bits - 1), bits) for bits in (8, 16, 32, 64, 128)}
print("share of examples with the top bit, by bits of the range:", shares)
assert shares[8] == 0.5
assert shares[16] < 0.2 and shares[32] < 0.05 and shares[64] < 0.03 and shares[128] < 0.03
words = binary(min_size=8, max_size=8).map(lambda word: int.from_bytes(word, "big"))
print("of eight bytes:", with_top_bit(words, 64))
assert with_top_bit(words, 64) > 0.3
PYTHON
