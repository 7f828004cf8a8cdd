"""`python -m agent` is `siteward`."""

from agent.cli import main

main()
