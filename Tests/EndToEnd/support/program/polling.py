"""Waiting for what can be observed, with a deadline. Nothing sleeps to let time pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], what: str, deadline: float = 15.0) -> T:
    """The first truthy thing that `look` returns; fails after `deadline` seconds."""
    end = time.monotonic() + deadline
    pause = 0.005
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > end:
            raise AssertionError(f"not seen within {deadline:g} s: {what} (last: {seen!r})")
        # Between two looks at what gives no sign of itself; never instead of a look.
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)
