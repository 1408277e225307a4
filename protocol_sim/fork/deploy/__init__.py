"""The real protocols, deployed from their published artifacts: one file each."""
