"""Runs some operations on a session each, step by step, in every order that locks allow.

An operation is a generator: it yields the statements that the program sends, gets their rows, and
returns what it answers. A statement that waits for a lock stays where it is until whoever holds the
lock lets go; the catalogue tells, nobody waits for time to pass.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection
from stepped_session import Failed, SteppedSession

FRUITLESS = 5
BLOCKED = "SELECT cardinality(pg_blocking_pids(%s)) > 0"


@dataclass
class Statement:
    """`last` of its round trip: between round trips others always get their turn."""

    name: str
    parameters: list[Any] = field(default_factory=list)
    last: bool = True
    opens: bool = False


@dataclass
class Wait:
    """Until somebody else has done something: what SKIP LOCKED has passed over is tried again."""


Steps = Generator[Statement | Wait, list[dict[str, Any]], Any]


@dataclass(eq=False)
class Task:
    """One operation under way. Moments count all steps of a run."""

    name: str
    steps: Steps
    session: SteppedSession
    next: Statement | Wait | None = None
    is_blocked: bool = False
    waits_since: int | None = None
    began: int | None = None
    # Tries one after the other that were in vain.
    fruitless: int = 0
    ended: int | None = None
    answer: Any = None
    failure: Failed | None = None


class Run:
    """One interleaving. `choices` says whose turn it is where there is a choice; behind its end
    always the first one's. `alternatives` tells how many there were each time."""

    def __init__(
        self, tasks: list[Task], observer: Connection, choices: list[int], *, whole_trips: bool,
        observe: Callable[[int], None],
    ):  # fmt: skip
        self.tasks = tasks
        self.observer = observer
        self.choices = choices
        self.alternatives: list[int] = []
        self.whole_trips = whole_trips
        self.observe = observe
        self.moment = 0
        self.progress = 0
        self.story: list[str] = []
        self.was_blocked = 0

    def go(self) -> None:
        for task in self.tasks:
            self._advance(task, None)
        while any(task.next is not None for task in self.tasks):
            ready = [task for task in self.tasks if self._is_ready(task)]
            if not ready:
                self._let_go_on_until_one_has()
                continue
            self._step(ready[self._choose(len(ready))])

    def _choose(self, count: int) -> int:
        if count == 1:
            return 0
        place = len(self.alternatives)
        self.alternatives.append(count)
        if place < len(self.choices):
            return self.choices[place]
        self.choices.append(0)
        return 0

    def _is_ready(self, task: Task) -> bool:
        if task.next is None or task.is_blocked:
            return False
        if task.waits_since is None or self.progress > task.waits_since:
            return True
        others = [other for other in self.tasks if other is not task]
        return all(other.next is None or isinstance(other.next, Wait) for other in others)

    def _step(self, task: Task) -> None:
        while True:
            statement = task.next
            if isinstance(statement, Wait):
                task.fruitless += 1
                if task.fruitless > FRUITLESS:
                    self._end(task, failure=Failed("busy", "for ever, and nobody holds a lock"))
                    return
                task.waits_since = None
                self._advance(task, None)
                continue
            assert statement is not None
            self.moment += 1
            if task.began is None:
                task.began = self.moment
            if statement.opens:
                task.session.begin()
            self.story.append(f"{task.name}: {statement.name}")
            task.session.send(statement.name, statement.parameters)
            task.is_blocked = True
            self._settle(task)
            self._settle_others(task)
            self.observe(self.moment)
            goes_on = self.whole_trips and not statement.last
            if task.is_blocked or task.next is None or not goes_on:
                return

    def _settle_others(self, task: Task) -> None:
        """Twice, because whoever goes on may let go of what a third one waits for."""
        for other in self.tasks * 2:
            if other is not task and other.is_blocked:
                self._settle(other)

    def _settle(self, task: Task) -> None:
        """Until its statement has ended or waits for a lock."""
        while not task.session.has_answered(0.002):
            row = self.observer.execute(BLOCKED, [task.session.pid]).fetchone()
            if row is not None and row[0] and not task.session.has_answered(0):
                self.was_blocked += 1
                self.story.append(f"{task.name} waits")
                return
        task.is_blocked = False
        try:
            rows = task.session.answer()
        except Failed as failure:
            self._end(task, failure=failure)
            return
        self._advance(task, rows)

    def _let_go_on_until_one_has(self) -> None:
        """All wait for each other: PostgreSQL breaks the deadlock, or somebody is just going on."""
        while True:
            for task in self.tasks:
                if task.is_blocked and task.session.has_answered(0.002):
                    self.moment += 1
                    self._settle(task)
                    self._settle_others(task)
                    self.observe(self.moment)
                    return

    def _advance(self, task: Task, rows: list[dict[str, Any]] | None) -> None:
        try:
            task.next = next(task.steps) if rows is None else task.steps.send(rows)
        except StopIteration as end:
            task.answer = end.value
            self._end(task)
            return
        if isinstance(task.next, Wait):
            task.waits_since = self.progress
        elif rows is not None:
            # Not by trying in vain, or two that wait for a third would go on and on.
            self.progress += 1
            task.fruitless = 0

    def _end(self, task: Task, failure: Failed | None = None) -> None:
        task.next, task.is_blocked, task.waits_since = None, False, None
        task.ended, task.failure = self.moment, failure
        self.progress += 1
        if task.session.is_in_transaction:
            task.session.roll_back()


def next_choices(made: list[int], alternatives: list[int]) -> list[int] | None:
    """Depth first: what comes after a run, or None behind the last one."""
    for place in reversed(range(len(alternatives))):
        if made[place] + 1 < alternatives[place]:
            return [*made[:place], made[place] + 1]
    return None
