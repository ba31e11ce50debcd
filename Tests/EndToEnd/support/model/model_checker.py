"""Runs one interleaving of some operations from a starting state, lets the worker do the rest, and
judges: I1 used once and dead after a revocation, I2 dead stays dead, I3 alive unless somebody has
killed it, I6 one end for each message, I12 only forward; and PostgreSQL has broken no deadlock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from interleavings import Run, Statement, Steps, Task
from observations import Observer
from operations import Operation, Scope
from program_calls import World, consume, deliver, refusal_of
from starting_states import Link, StartingState

if TYPE_CHECKING:
    from model import Model

# Whoever was at work is not any more: what they held is lost, what waits is due.
ALL_DUE = """
UPDATE rekey.outbox SET run_at = clock_timestamp(),
  leased_until = CASE WHEN leased_until IS NOT NULL THEN clock_timestamp() END
WHERE dead_at IS NULL
"""
ROUNDS = 8


class Interleaving:
    def __init__(self, model: Model, state: StartingState, chosen: Sequence[Operation]):
        self.model = model
        self.state = state
        self.chosen = chosen
        model.owner.execute(state.script.encode())
        unsent = [one.knows_not_arrived for one in chosen]
        may_be_out = {str(one.id) for one in state.links if one.is_out and one not in unsent}
        self.observer = Observer(model.owner, state.keep_live, may_be_out)
        self.world = World(state)
        self.world.is_late = self._is_late

    @property
    def violations(self) -> list[str]:
        return self.observer.violations

    def run(self, choices: list[int], *, whole_trips: bool) -> Run:
        self.tasks = [
            Task(one.name, one.start(self.world), session)
            for one, session in zip(self.chosen, self.model.sessions, strict=False)
        ]
        run = Run(self.tasks, self.model.owner, list(choices), whole_trips=whole_trips,
                  observe=self._observe)  # fmt: skip
        self.world.moment = lambda: run.moment
        run.go()
        self.after = run.moment + 1
        self._check_answers()
        self._deliver_the_rest()
        self._check_mails()
        self._check_ends()
        self._check_who_lives()
        return run

    def _observe(self, moment: int) -> None:
        self.observer.look(moment)

    def _is_late(self, link: UUID) -> bool:
        row = self.observer.look(self.world.moment())[str(link)]
        return row["is_past"] and row["maybe_arrived_at"] is not None

    # What was answered

    def _kills(self) -> list[tuple[Operation, Task]]:
        return [
            (operation, task)
            for operation, task in zip(self.chosen, self.tasks, strict=True)
            if operation.kills is not None and task.answer in (True, "consumed")
        ]

    def _check_answers(self) -> None:
        for task in self.tasks:
            if task.failure is not None:
                self.violations.append(f"{task.name} failed: {task.failure}")
        used = [
            (operation.uses, task)
            for operation, task in zip(self.chosen, self.tasks, strict=True)
            if task.answer == "consumed"
        ]
        for link, task in used:
            for killer, kill in self._kills():
                if kill is not task and killer.kills.covers(link.address, link.whose):
                    is_sibling = kill.answer == "consumed"
                    if is_sibling or kill.ended < task.ended:
                        self.violations.append(
                            f"I1 {task.name} was let go on in spite of {kill.name}"
                        )

    # What happens afterwards

    def _deliver_the_rest(self) -> None:
        self.world.moment = lambda: self.after
        for _ in range(ROUNDS):
            self.model.owner.execute(ALL_DUE)
            for queue in ("mail", "suspects"):
                self._do(deliver(self.world, queue))
            rows = self.observer.look(self.after)
            if not any(row["has_message"] for row in rows.values()):
                return
        self.violations.append("I6 a message does not end")

    def _do(self, steps: Steps) -> object:
        session = self.model.worker
        rows = None
        try:
            while True:
                step = steps.send(rows) if rows is not None else next(steps)
                if not isinstance(step, Statement):
                    raise AssertionError("nobody holds a lock, and yet it has to wait")
                if step.opens:
                    session.begin()
                rows = session.execute(step.name, step.parameters)
        except StopIteration as end:
            return end.value
        finally:
            if session.is_in_transaction:
                session.roll_back()

    def _asked(self) -> list[tuple[UUID, bytes, bytes | None, int]]:
        """Each link with whose it is and since when it has been asked for."""
        found = [(link.id, link.address, link.whose, 0) for link in self.state.links]
        for operation, task in zip(self.chosen, self.tasks, strict=True):
            if operation.asks is not None and task.answer:
                found.append((*operation.asks, task.ended))
        return found

    def _killed(self) -> dict[UUID, tuple[int, str]]:
        """When the last of its revocations was acknowledged that has to have killed a link."""
        killed = {
            link.id: (0, "a former revocation")
            for link in self.state.links
            if link.minutes_old >= (self.state.rows.get(link.whose or link.address) or 10**6)
        }
        for operation, task in self._kills():
            for link, address, whose, asked in self._asked():
                if operation.kills.covers(address, whose) and asked < task.began:
                    killed[link] = (task.ended, task.name)
        return killed

    def _check_mails(self) -> None:
        killed = self._killed()
        counts = Counter(mail.link for mail in self.world.mails)
        for mail in self.world.mails:
            if mail.link in killed and killed[mail.link][0] < mail.decided:
                self.violations.append(f"I1 {mail.link} was mailed after {killed[mail.link][1]}")
            if mail.is_late:
                self.violations.append(f"I6 {mail.link} was mailed after it had expired")
        for link, count in counts.items():
            if count > 1 and not self.observer.seen[str(link)]["maybe_arrived_at"]:
                self.violations.append(f"I6 {link} was mailed {count} times without a fault")

    def _check_ends(self) -> None:
        for link, row in self.observer.seen.items():
            ends = [bool(row["sent_at"]), bool(row["dropped_at"])]
            if sum(ends) != 1:
                self.violations.append(f"I6 {link} ended in {sum(ends)} ways")

    def _check_who_lives(self) -> None:
        killed = self._killed()
        may_be_dead = {link for link, row in self.observer.seen.items() if row["is_past"]}
        living: Counter[bytes] = Counter()
        for link, address, whose, _ in self._asked():
            lives = self._lives(link)
            living[whose or address] += lives
            if lives and link in killed:
                self.violations.append(f"I1 {link} lives after {killed[link][1]}")
            is_hit = any(
                self._widened(one.kills).covers(address, whose) for one, _ in self._kills()
            )
            is_hit = is_hit or link in killed
            if not lives and not is_hit and not self._may_be_dead(link, may_be_dead):
                self.violations.append(f"I3 {link} does not live, and nobody has killed it")
        if living and max(living.values()) > self.state.keep_live:
            self.violations.append(f"I3 more links live than {self.state.keep_live}")

    def _widened(self, scope: Scope) -> Scope:
        """An account may have been named just before its address was revoked."""
        named = {link.whose for link in self.state.links if link.address in scope.addresses}
        return Scope(scope.addresses, scope.accounts | named, scope.bare)

    def _may_be_dead(self, link: UUID, past: set[str]) -> bool:
        row = self.observer.seen[str(link)]
        return str(link) in past or bool(row["is_replaced"])

    def _lives(self, link: UUID) -> bool:
        """By reading, and by trying it: both have to say the same."""
        worker = self.model.worker
        known = self.world.link(link)
        (row,) = worker.execute("find_requests", [[link], self.state.keep_live])
        if known is not None and known.named is not None and row["account_key"] is None:
            # Nobody has been given the token of a link whose account was to be named first.
            return False
        is_read = refusal_of(row) is None
        steps = consume(self.world, Link(f"r{link.int & 0xFF}", b"", None, "mailed"))
        answer = None
        rows = None
        try:
            while True:
                step = steps.send(rows) if rows is not None else next(steps)
                if step.opens:
                    worker.begin()
                if step.name == "COMMIT":
                    answer = bool(rows)
                    break
                rows = worker.execute(step.name, step.parameters)
        except StopIteration:
            answer = False
        finally:
            if worker.is_in_transaction:
                worker.roll_back()
        if is_read != answer:
            self.violations.append(f"I10 {link} reads as alive: {is_read}, works: {answer}")
        return bool(answer)
