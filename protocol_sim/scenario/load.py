"""A scenario file into a `Scenario`; whatever is wrong becomes one line: file, key, expected, found."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from protocol_sim.errors import BadInput
from protocol_sim.scenario.ledger import item_name
from protocol_sim.scenario.scenario import Scenario

_EXPECTED = {
    "missing": "a value",
    "int_type": "an integer",
    "string_type": "text",
    "bool_type": "true or false",
    "float_type": "a number",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "string_pattern_mismatch": "a name of letters, digits, '_', '+' and '-'",
    "union_tag_not_found": "a kind: {discriminator} is missing",
    "union_tag_invalid": "one of {expected_tags}",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "less_than": "less than {lt}",
    "too_short": "at least {min_length} of them",
    "too_long": "at most {max_length} of them",
    "expected": "{expected}",
    "unknown_key": "{expected}",
}


def load_scenario(path: str | Path) -> Scenario:
    """Read and check a scenario file. BadInput names the file, the key, what was expected and what was found."""
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput(str(path), "file", "a scenario file", "no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(path), "file", "a readable scenario file", error) from None
    return parse_scenario(text, str(path), path.parent)


def parse_scenario(text: str, where: str = "scenario", directory: Path = Path()) -> Scenario:
    """The same from a text; files that it names are looked for in `directory`."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(where, "file", "TOML", error) from None
    return validated(data, where, directory)


def validated(data: dict[str, Any], where: str = "scenario", directory: Path = Path()) -> Scenario:
    """The same from the tables that a TOML file holds."""
    try:
        return Scenario.model_validate(data, context={"where": where, "directory": directory})
    except ValidationError as error:
        raise one_line(where, data, error) from None


def one_line(where: str, data: dict[str, Any], error: ValidationError) -> BadInput:
    """The first of pydantic's complaints about `data`, in the words of every other refusal."""
    first: Any = error.errors(include_url=False)[0]
    kind, context = first["type"], first.get("ctx", {})
    key, found = _locate(data, first["loc"]), repr(first["input"])
    if kind == "unknown_key":
        found, key = repr(context["key"]), _joined(key, context["key"])
        return BadInput(where, key, context["expected"], f"the unknown key {found}")
    if kind == "missing":
        found = "nothing"
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        key = _joined(key, "kind")
        found = repr(context["tag"]) if "tag" in context else "nothing"
    expected = _EXPECTED[kind].format(**context) if kind in _EXPECTED else first["msg"]
    return BadInput(where, key, expected, found if len(found) <= 80 else found[:77] + "…")


def _locate(data: Any, loc: tuple[int | str, ...]) -> str:
    """The dotted key of an error; the tags of unions, which pydantic puts in, are left out."""
    key = ""
    for depth, part in enumerate(loc):
        if isinstance(part, int) and isinstance(data, list) and part < len(data):
            key, data = _joined(key, item_name(data[part], part)), data[part]
        elif isinstance(data, dict) and part in data:
            key, data = _joined(key, str(part)), data[part]
        elif depth == len(loc) - 1 and not (isinstance(data, dict) and data.get("kind") == part):
            key = _joined(key, str(part))
    return key


def _joined(key: str, part: str) -> str:
    return f"{key}.{part}" if key else part
