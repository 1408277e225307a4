"""Outside prices: one file a process, `(parameters, steps, …) -> [USD price with 8 decimals at each step]`.

Floats may generate a path; it is quantised once, here, to the integers that every engine reads.
"""
