"""What a run of random faults has to itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from faulty_sink import FaultySink


@pytest.fixture
def sink() -> Iterator[FaultySink]:
    made = FaultySink(seed=1)
    yield made
    made.close()
