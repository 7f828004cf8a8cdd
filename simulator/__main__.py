"""`python -m simulator`."""

import simulator.parent  # noqa: F401  first of all: it notes who started us
from simulator.cli import app

app(prog_name="python -m simulator")
