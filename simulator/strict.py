"""YAML into dataclasses, strictly: every unknown key, missing key and wrong type is told, with its path.

Values are never quoted back, since a site file holds passwords.
"""

import dataclasses
import types
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import yaml

T = TypeVar("T")


class Problems(list[str]):
    """What is wrong with a file, each as `path: sentence`."""

    def add(self, path: str, sentence: str) -> None:
        """Note one more."""
        self.append(f"{path or 'the file'}: {sentence}")


class _Loader(yaml.SafeLoader):
    """YAML 1.2 booleans: `off` is the name of a fault, not False."""


_BOOL = "tag:yaml.org,2002:bool"
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if first in "tTfF" or tag != _BOOL]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path, kind: type[T], problems: Problems) -> T | None:
    """Read a YAML file as one dataclass.

    What is wrong goes into `problems`; a value that could not be read is then the field's default, so that
    the rest can still be checked. None when it is no YAML at all.
    """
    try:
        raw = yaml.load(path.read_text("utf-8"), Loader=_Loader)  # noqa: S506  a SafeLoader, narrowed
    except OSError as err:
        problems.add("", f"cannot be read: {err.strerror}")
        return None
    except (UnicodeDecodeError, yaml.YAMLError) as err:
        problems.add("", f"is not YAML{_place(err)}")
        return None
    return cast("T", _record(raw, kind, "", problems))


def _place(err: Exception) -> str:
    mark = getattr(err, "problem_mark", None)
    return f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""


_BAD: Final = object()  # in place of a value that could not be read


def _record(raw: object, kind: type[Any], path: str, problems: Problems) -> object:
    if not isinstance(raw, dict):
        problems.add(path, "needs keys and values")
        raw = dict.fromkeys(_required(kind), _BAD)
    hints = get_type_hints(kind)
    values: dict[str, object] = {}
    for key, value in raw.items():
        at = f"{path}.{key}" if path else str(key)
        if key in hints:
            values[key] = _value(value, hints[key], at, problems)
        elif not str(key).startswith("x-"):  # x-…: a place for YAML anchors
            problems.add(at, f"unknown key; known are {', '.join(hints)}")
    for name in _required(kind):
        if name not in values:
            problems.add(f"{path}.{name}" if path else name, "is missing")
    blank = {name: _blank(hints[name]) for name in _required(kind)}
    return kind(**blank | {key: value for key, value in values.items() if value is not _BAD})


def _required(kind: type[Any]) -> list[str]:
    return [f.name for f in dataclasses.fields(kind) if f.default is dataclasses.MISSING]


def _blank(hint: Any) -> object:
    return get_args(hint)[0] if get_origin(hint) is Literal else (get_origin(hint) or hint)()


def _value(raw: object, hint: Any, path: str, problems: Problems) -> object:
    if raw is _BAD:
        return _BAD
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        inner = [arg for arg in get_args(hint) if arg is not types.NoneType]
        return None if raw is None else _value(raw, inner[0], path, problems)
    if dataclasses.is_dataclass(hint):
        return _record({} if raw is None else raw, cast("type[Any]", hint), path, problems)
    if origin is tuple:
        return _sequence(raw, get_args(hint), path, problems)
    if origin is Literal:
        return _choice(raw, get_args(hint), path, problems)
    return _scalar(raw, hint, path, problems)


def _sequence(raw: object, inner: tuple[Any, ...], path: str, problems: Problems) -> object:
    if not isinstance(raw, list):
        problems.add(path, "needs a list")
        return _BAD
    if inner[-1] is Ellipsis:
        items = [_value(item, inner[0], f"{path}[{n}]", problems) for n, item in enumerate(raw)]
        return tuple(item for item in items if item is not _BAD)
    if len(raw) != len(inner):
        problems.add(path, f"needs {len(inner)} values")
        return _BAD
    pairs = enumerate(zip(raw, inner, strict=True))
    values = tuple(_value(item, hint, f"{path}[{n}]", problems) for n, (item, hint) in pairs)
    return _BAD if _BAD in values else values


def _choice(raw: object, choices: tuple[str, ...], path: str, problems: Problems) -> object:
    text = str(raw) if isinstance(raw, (str, int)) else ""  # version: 3 is as good as version: "3"
    if text not in choices:
        problems.add(path, f"choose one of {', '.join(choice or 'nothing' for choice in choices)}")
        return _BAD
    return text


def _scalar(raw: object, kind: type, path: str, problems: Problems) -> object:
    if kind is float and isinstance(raw, int) and not isinstance(raw, bool):
        return float(raw)
    if isinstance(raw, kind) and (kind is bool or not isinstance(raw, bool)):
        return raw
    words = {str: "text (in quotes)", int: "a whole number", float: "a number", bool: "true or false"}
    problems.add(path, f"needs {words[kind]}")
    return _BAD
