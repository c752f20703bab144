"""Finds the smallest n whose ticket is certified within an error on every region.

    python benchmarks/smallest.py net.nnet property1.toml property3.toml [--within 0.05]
        [--first 30] [--last 80] [--seed 1] [--split 20]

Builds the two-layer ticket with the best sums for n = first, first + 1, ... and bounds its
difference from the network on each region, as `slt difference` does, in the units of the file. One
row an n, up to the first that is proved on all regions; an n that is not is refuted by an input of
one region, or open when its seconds are over.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from timing import machine

import slt_theory as slt
from slt_theory.networks.nnet import read_normalised
from slt_theory.tickets.domain import Region
from slt_theory.tickets.region_file import read_region

EPS = "0.001"
"""Up to here a sum counts as reached; the best sum is taken whatever it is."""


def tried(net: slt.Dense, regions: list[Region], n: int, asked: argparse.Namespace) -> bool:
    """Print the row of one n; whether its ticket is certified on every region."""
    started = time.process_time()
    ticket = slt.build_ticket(
        net, eps=EPS, n=n, seed=asked.seed, objective="best", domain="box:-1,1"
    )
    error = ticket.certificate["max_weight_error"]
    cells = [str(n), f"{error:.2g}", f"{time.process_time() - started:.1f}"]
    for region in regions:
        found = slt.difference(net, ticket, region, within=asked.within, seconds=asked.split)
        facts = found.facts
        cells.append(f"{found.verdict}: {facts.error_found:.3g} to {facts.error_bound:.3g}")
        if found.verdict != "yes":
            break
    print(f"| {' | '.join(cells)} |", flush=True)
    return found.verdict == "yes"


def main() -> None:
    """Go up from the first n."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("net", type=Path, metavar="FILE.nnet")
    parser.add_argument("regions", type=Path, nargs="+")
    parser.add_argument("--within", default="0.05")
    parser.add_argument("--first", type=int, default=30)
    parser.add_argument("--last", type=int, default=80)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--split", type=float, default=20.0)
    asked = parser.parse_args()
    net, means, ranges = read_normalised(asked.net)
    regions = [read_region(path).region(means[:-1], ranges[:-1]) for path in asked.regions]
    place = machine()
    print(f"{place['processor']}, {place['processors']} processors, load {place['load']:.1f}\n")
    names = " | ".join(path.stem for path in asked.regions)
    print(f"| n | largest error of a weight | build, s | {names} |")
    print(f"|--:|--:|--:|{'---|' * len(regions)}", flush=True)
    for n in range(asked.first, asked.last + 1):
        if tried(net, regions, n, asked):
            return
    print(f"no n from {asked.first} to {asked.last}")


if __name__ == "__main__":
    main()
