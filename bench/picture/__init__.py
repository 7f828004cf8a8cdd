"""Picture faults, measured: how many are seen, under which name, and how often where there is none."""
