"""Each claim of speed, memory or accuracy is a program: `python -m bench.NAME --json` ends in a JSON line."""
