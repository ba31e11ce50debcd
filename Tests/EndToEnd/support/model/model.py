"""The model: sessions with the program's queries, and all interleavings of operations on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from database import Database
from interleavings import next_choices
from model_checker import Interleaving
from operations import Operation
from starting_states import StartingState
from stepped_session import SteppedSession, program_queries

# So that a deadlock is broken, and told, at once.
SOON = "ALTER DATABASE {} SET deadlock_timeout = '20ms'"


@dataclass
class Findings:
    """`violations` with the interleavings that led to them."""

    runs: int = 0
    waits: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)


class Model:
    """`queries`: the program's, or broken ones to see that it is noticed."""

    def __init__(
        self, database: Database, queries: Mapping[str, str] | None = None, sessions: int = 2
    ):  # fmt: skip
        database.administer(SOON.format(database.name))
        self.owner = database.connect()
        self.owner.execute("SET synchronous_commit = off")
        url = database.role_url("rekey_test_all")
        queries = queries or program_queries()
        self.sessions = [SteppedSession(url, queries) for _ in range(sessions)]
        # The worker that does the rest.
        self.worker = SteppedSession(url, queries)

    def close(self) -> None:
        for session in (*self.sessions, self.worker):
            session.close()
        self.owner.close()

    def explore(
        self, state: StartingState, chosen: Sequence[Operation], findings: Findings, *,
        whole_trips: bool,
    ) -> None:  # fmt: skip
        """Every interleaving of the operations."""
        choices: list[int] | None = []
        while choices is not None:
            one = Interleaving(self, state, chosen)
            run = one.run(choices, whole_trips=whole_trips)
            findings.runs += 1
            findings.waits += run.was_blocked
            findings.answers.update(f"{task.name}: {task.answer}" for task in run.tasks)
            if one.violations:
                story = "; ".join(run.story)
                findings.violations += [
                    f"{state.name}: {what} [{story}]" for what in one.violations
                ]
            choices = next_choices(run.choices, run.alternatives)
