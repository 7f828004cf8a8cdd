"""`python -m agent` and `siteward`: what runs before anything else is loaded."""

import signal
import sys


def main() -> None:
    """Run the command line.

    A SIGHUP means "read the inventory anew": one that comes while the libraries load must not end the agent.
    """
    if sys.argv[1:2] == ["run"]:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    from agent.cli import main as run  # noqa: PLC0415  after the signal: it loads for a second

    run()


if __name__ == "__main__":
    main()
