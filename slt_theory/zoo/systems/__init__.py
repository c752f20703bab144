"""One file a system: its algorithm, and nothing of how it is tested."""
