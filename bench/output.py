"""How a bench ends: a table for people, and one JSON object as the last line."""

import json
import sys
from collections.abc import Mapping


def finish(result: Mapping[str, object], *, as_json: bool) -> int:
    """Print a result; return the exit status."""
    if not as_json:
        for name, value in result.items():
            print(f"{name:28} {value if not isinstance(value, Mapping) else ''}")
            for inner, figure in value.items() if isinstance(value, Mapping) else ():
                print(f"  {inner:26} {figure}")
    print(json.dumps(result))
    return 0


def refuse(sentence: str) -> int:
    """Say why nothing can be measured; return the exit status."""
    print(sentence, file=sys.stderr)
    return 2
