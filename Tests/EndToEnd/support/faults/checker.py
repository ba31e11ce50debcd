"""Judges what was acknowledged, mailed and seen during a run with faults.

The invariants by number: I5 request and message both or neither, I6 each message sent, dead or
expired and its mails counted, I7 addresses and links, I12 states only move forward.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from database import Database
from history import History
from simulated_clock import SimulatedClock
from smtp_conversation import Receipt

FINAL_TABLES = """
SELECT r.id::text AS id, r.sent_at, r.dropped_at, r.drop_reason, r.consumed_at,
       extract(epoch FROM clock_timestamp() - r.created_at)::float8 AS age,
       extract(epoch FROM r.expires_at - r.created_at)::float8 AS life,
       o.id IS NOT NULL AS has_message, o.dead_at, o.last_error
FROM rekey.reset_request r
LEFT JOIN rekey.outbox o ON o.request_id = r.id AND o.kind = 'link'
"""
HALVES = """
SELECT 'request without message: ' || r.id AS problem
FROM rekey.reset_request r
WHERE r.sent_at IS NULL AND r.dropped_at IS NULL AND NOT EXISTS (
  SELECT FROM rekey.outbox o WHERE o.request_id = r.id AND o.kind = 'link')
UNION ALL
SELECT 'message without request: ' || o.id
FROM rekey.outbox o
WHERE NOT EXISTS (SELECT FROM rekey.reset_request r WHERE r.id = o.request_id)
UNION ALL
SELECT 'sent and still to be sent: ' || r.id
FROM rekey.reset_request r JOIN rekey.outbox o ON o.request_id = r.id AND o.kind = 'link'
WHERE r.sent_at IS NOT NULL
"""


@dataclass
class Verdict:
    violations: list[str]
    mails: int
    ends: Counter[str]
    duplicates: Counter[str]


class Checker:
    """`patience`: the real seconds that may pass between a claim and the beginning of its mail."""

    def __init__(
        self, history: History, database: Database, clock: SimulatedClock, *, link_start: str,
        give_up_after: float, patience: float,
    ):  # fmt: skip
        self.history = history
        self.database = database
        self.clock = clock
        self.link_start = link_start
        self.give_up_after = give_up_after
        self.patience = patience
        self.ends: Counter[str] = Counter()
        self.duplicates: Counter[str] = Counter()

    def check_halves(self) -> None:
        """I5 in one statement, so in one snapshot; any time."""
        for row in self.database.rows(HALVES):
            self.history.violate(f"I5 {row['problem']}")

    def check(self, receipts: list[Receipt]) -> Verdict:
        """At the end, when nothing is under way."""
        self.check_halves()
        rows = {row["id"]: row for row in self.database.rows(FINAL_TABLES)}
        now = self.clock.now()
        mails: dict[str, list[Receipt]] = defaultdict(list)
        for receipt in receipts:
            mails[receipt.request_id].append(receipt)
        for request_id in self.history.acknowledged.keys() - rows.keys():
            self.history.violate(f"I5 acknowledged and not there: {request_id}")
        for request_id in mails.keys() - rows.keys():
            self.history.violate(f"I5 mailed and not there: {request_id}")
        for request_id, row in rows.items():
            self._check_end(row)
            self._check_count(row, mails[request_id])
            self._check_sameness(request_id, mails[request_id])
            for receipt in mails[request_id]:
                self._check_envelope(request_id, receipt)
                self._check_time(row, receipt, now)
        return Verdict(self.history.violations, len(receipts), self.ends, self.duplicates)

    def _check_end(self, row: dict[str, Any]) -> None:
        """I6: sent, dead or expired (or dropped for another reason); nothing else."""
        ends = [
            name
            for name, holds in (
                ("sent", row["sent_at"] is not None),
                (f"dropped as {row['drop_reason']}", row["dropped_at"] is not None),
                ("dead", row["dead_at"] is not None),
            )
            if holds
        ]
        if len(ends) != 1:
            self.history.violate(f"I6 {row['id']} ended as {ends or 'nothing'}")
        self.ends.update(ends)

    def _check_count(self, row: dict[str, Any], mails: list[Receipt]) -> None:
        request_id, is_sent = row["id"], row["sent_at"] is not None
        if is_sent and not any(mail.is_answered for mail in mails):
            self.history.violate(f"I6 {request_id} is marked as sent, {len(mails)} mails taken")
        more = len(mails) - (1 if is_sent else 0)
        if more <= 0:
            return
        causes = self._explanations(request_id, mails)
        for cause in causes[:more]:
            self.duplicates[cause] += 1
        if len(causes) < more:
            self.duplicates["unexplained"] += more - len(causes)
            times = [f"{mail.mail.hello} at {mail.dot_at:.3f}" for mail in mails]
            self.history.violate(
                f"I6 {request_id} has {len(mails)} mails ({', '.join(times)}), explained: {causes}"
            )

    def _explanations(self, request_id: str, mails: list[Receipt]) -> list[str]:
        """Each fault that touched the message, and so may have cost one more mail."""
        causes = [mail.cause for mail in mails if mail.cause]
        first = min(mail.data_at for mail in mails)
        for fault in self.history.faults:
            # Halted first, the mail may come from whom took over, and then again.
            is_later = fault.at >= first or fault.kind == "SIGSTOP of work"
            if request_id in fault.touched and is_later:
                causes.append(fault.kind)
        return causes

    def _check_sameness(self, request_id: str, mails: list[Receipt]) -> None:
        if len({mail.mail.message_id for mail in mails}) > 1:
            self.history.violate(f"I6 {request_id} has mails with several Message-IDs")
        if len({mail.mail.link for mail in mails}) > 1:
            self.history.violate(f"I6 {request_id} has mails with several links")

    def _check_envelope(self, request_id: str, receipt: Receipt) -> None:
        address = self.history.acknowledged.get(request_id)
        recipients = receipt.mail.recipients
        is_right = recipients == [address] if address else set(recipients) <= self.history.asked
        if not is_right:
            self.history.violate(f"I7 {request_id} was mailed to another address")
        if not receipt.mail.link.startswith(self.link_start):
            self.history.violate(f"I7 {request_id} has a link to elsewhere")

    def _check_time(self, row: dict[str, Any], receipt: Receipt, now: float) -> None:
        """I6: no mail starts after its message was given up or its link had expired."""
        made = now - row["age"]
        claimed = self.clock.at(receipt.data_at - self.patience)
        if claimed > made + self.give_up_after:
            self.history.violate(f"I6 {row['id']} was mailed after it was given up")
        if self.clock.at(receipt.data_at) > made + row["life"]:
            self.history.violate(f"I6 {row['id']} was mailed after its link had expired")
