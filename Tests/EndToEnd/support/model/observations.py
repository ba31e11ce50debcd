"""What is committed after each step, and what must never be seen in such a row of sights."""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

SIGHT = """
SELECT r.id::text AS id, r.expires_at, r.maybe_arrived_at, r.sent_at, r.consumed_at, r.completed_at,
       r.dropped_at, r.drop_reason, r.account_key, r.created_at, v.revoked_at, v.revoke_reason,
       v.mailed[%(keep_live)s] > r.created_at AS is_replaced,
       r.expires_at <= clock_timestamp() AS is_past,
       o.id IS NOT NULL AND o.kind = 'link' AS has_message, o.attempt, o.dead_at, o.leased_until
FROM rekey.reset_request r
JOIN rekey.judged_request v ON v.id = r.id
LEFT JOIN rekey.outbox o ON o.id = r.id
"""
# Once there, they stay as they are. An end may be marked once only, so sent_at too.
FOREVER = (
    "maybe_arrived_at", "sent_at", "consumed_at", "completed_at", "dropped_at", "drop_reason",
    "revoked_at", "revoke_reason",
)  # fmt: skip
Rows = dict[str, dict[str, Any]]


class Observer:
    """`may_be_out`: links that somebody may hold from the beginning on."""

    def __init__(self, connection: Connection, keep_live: int, may_be_out: set[str]):
        self.connection = connection
        self.keep_live = keep_live
        self.may_be_out = set(may_be_out)
        self.violations: list[str] = []
        self.seen: Rows = {}
        self.look(0)

    def look(self, moment: int) -> Rows:
        cursor = self.connection.cursor(row_factory=dict_row)
        rows = {row["id"]: row for row in cursor.execute(SIGHT, {"keep_live": self.keep_live})}
        for link, before in self.seen.items():
            if link not in rows:
                self.violations.append(f"I5 at {moment}: {link} is gone")
            else:
                self._compare(moment, link, before, rows[link])
        self.seen = rows
        return rows

    def _compare(self, moment: int, link: str, before: dict, after: dict) -> None:
        def violate(what: str) -> None:
            self.violations.append(f"{what} at {moment}: {link}")

        for field in FOREVER:
            if before[field] is not None and after[field] != before[field]:
                violate(f"I12 {field} went from {before[field]} to {after[field]}")
        if before["attempt"] is not None and (after["attempt"] or 2**31) < before["attempt"]:
            violate("I12 the fence went back")
        is_fixed = before["maybe_arrived_at"] or before["sent_at"] or link in self.may_be_out
        if after["expires_at"] != before["expires_at"] and is_fixed:
            violate("I2 the expiry of a link that may have arrived moved")
        if after["expires_at"] < before["expires_at"]:
            violate("I2 the expiry moved back")
        if before["is_replaced"] and not after["is_replaced"]:
            violate("I2 what was replaced is so no more")
        if before["is_past"] and is_fixed and not after["is_past"]:
            violate("I2 what was seen expired lives again")
