"""Checks what was sent to a provider against its published reference, in schemas/*.json.

The schemas are stricter than the providers in one way: a field that the reference does not name
is a fault, because the provider would pass over it without a word.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

DIRECTORY = Path(__file__).parent / "schemas"


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = json.loads((DIRECTORY / f"{name}.json").read_text())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def faults(name: str, value: Any) -> list[str]:
    """One line for each fault, which names its place; none if all is well."""
    found = sorted(_validator(name).iter_errors(value), key=lambda error: error.json_path)
    return [f"{name}: {error.json_path}: {error.message}" for error in found]
