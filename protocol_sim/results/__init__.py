"""What a run leaves behind: `Run` (events, series, positions, summary, manifest, input ledger) and its files."""
