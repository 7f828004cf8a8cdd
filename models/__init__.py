"""KNOW: what exists, what counts as a fault, what we expect to fail. Pure; start with `facts`."""
