"""What several systems are tried with: rig, arms, verdicts, counts of pruning, balls."""
