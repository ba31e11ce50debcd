"""The program's SQL on sessions of its own in every interleaving of two operations (support/model).

With REKEY_TEST_MODEL=whole from all starting states, statement by statement, and of three of those
that decide over links. Without it from some states, and between round trips only.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from database import Database
from model import Findings, Model
from operations import Operation, pairs, triples
from starting_states import WHOLE, StartingState

IS_WHOLE = os.environ.get("REKEY_TEST_MODEL") == "whole"
SHORT = [state for state in WHOLE if state.is_short]


def name(state: StartingState) -> str:
    return state.name


@pytest.fixture
def model(database: Database) -> Iterator[Model]:
    made = Model(database, sessions=3)
    yield made
    made.close()


def goes_by_trips(pair: tuple[Operation, ...]) -> bool:
    """An end of an attempt is one statement that locks as much as others do in three."""
    return not IS_WHOLE and not any(one.name.endswith("as sent") for one in pair)


def is_chosen(pair: tuple[Operation, ...]) -> bool:
    """An attempt that was not confirmed locks no more than one that was."""
    return IS_WHOLE or not any(one.name.endswith(("uncertain", "retry")) for one in pair)


def judge(findings: Findings) -> None:
    print(f"{findings.runs} interleavings, {findings.waits} waits for a lock")
    for answer, count in sorted(findings.answers.items()):
        print(f"  {count:>6} {answer}")
    for violation in findings.violations:
        print("VIOLATION", violation)
    assert findings.violations == []
    assert findings.waits > 0


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("state", WHOLE if IS_WHOLE else SHORT, ids=name)
def test_no_interleaving_of_two_operations_breaks_an_invariant(model: Model, state: StartingState):
    findings = Findings()
    for pair in filter(is_chosen, pairs(state)):
        model.explore(state, pair, findings, whole_trips=goes_by_trips(pair))
    judge(findings)


@pytest.mark.skipif(not IS_WHOLE, reason="takes long: REKEY_TEST_MODEL=whole")
@pytest.mark.timeout(900)
@pytest.mark.parametrize("state", SHORT, ids=name)
def test_no_interleaving_of_three_operations_breaks_an_invariant(
    model: Model, state: StartingState
):
    findings = Findings()
    for three in triples(state):
        model.explore(state, three, findings, whole_trips=True)
    judge(findings)
