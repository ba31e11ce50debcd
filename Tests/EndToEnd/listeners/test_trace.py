"""An answer, its line in the log and the lines of its message can be joined."""

from __future__ import annotations

import re

import pytest
from http_client import Answer
from people import new_address
from polling import eventually
from service import Service

TRACE = re.compile(r"[0-9a-f]{16}")


def trace_of(answer: Answer) -> str:
    values = [value for name, value in answer.headers if name.lower() == "trace-id"]
    assert len(values) == 1 and TRACE.fullmatch(values[0]), answer.headers
    return values[0]


def lines(service: Service, **fields: str) -> list[dict]:
    found = service.process.log_lines()
    return [one for one in found if all(one.get(name) == value for name, value in fields.items())]
