"""ACT: when to look, what to keep, whom to tell. The only package with a loop, a clock and a database."""

__version__ = "0.1.0"
