"""One file a system: the experiments that decide its claims, `run(seed, size=FULL) -> Outcome`."""
