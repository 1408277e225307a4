"""Oracle feeds, one file a kind: `fixed`, `chainlink` and `rounds` (a recorded history) on the row of `feed`.

`intervals` classifies the rounds that a real feed published.
"""
