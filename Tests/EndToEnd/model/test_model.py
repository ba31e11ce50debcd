"""The program's SQL on sessions of its own in every interleaving of two operations (support/model).

With REKEY_TEST_MODEL=whole from all starting states, statement by statement, and of three operations
where each decides over links; without it from some states, and between round trips only.
"""

import os
from collections.abc import Iterator

import pytest
from database import Database
from model_checker import Findings, Model
from operations import pairs
from starting_states import WHOLE, StartingState

IS_WHOLE = os.environ.get("REKEY_TEST_MODEL") == "whole"
STATES = [state for state in WHOLE if IS_WHOLE or state.is_short]


@pytest.fixture
def model(database: Database) -> Iterator[Model]:
    made = Model(database, sessions=3)
    yield made
    made.close()


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
def test_no_interleaving_of_two_operations_breaks_an_invariant(model: Model, state: StartingState):
    findings = Findings()
    for pair in pairs(state):
        model.explore(state, pair, findings, whole_trips=not IS_WHOLE)
    print(f"{findings.runs} interleavings, {findings.waits} waits for a lock")
    for answer, count in sorted(findings.answers.items()):
        print(f"  {count:>6} {answer}")
    for violation in findings.violations:
        print("VIOLATION", violation)
    assert findings.violations == []
    assert findings.waits > 0
