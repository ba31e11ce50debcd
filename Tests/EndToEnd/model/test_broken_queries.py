"""The model notices it when a query is broken: each time one condition or one lock is left out."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from database import Database
from model import Findings, Model
from operations import operations
from starting_states import WHOLE
from stepped_session import program_queries


@dataclass(frozen=True)
class Broken:
    """A query without what `part` does, and two operations by which that shows."""

    query: str
    part: str
    instead: str
    state: str
    first: str
    second: str
    shows: str


TWO_MAILED = "two mailed links of one account"
EARLIER = """ELSE (a.revoked_before || a.earlier)[1:7] END,
      earlier_reasons = CASE WHEN a.revoked_before IS NULL THEN a.earlier_reasons
                             ELSE (a.revoke_reason || a.earlier_reasons)[1:7] END"""
ALL_BROKEN = {
    "two siblings are used where account rows are not locked": Broken(
        "lock_accounts", "WHERE k.key IS NOT NULL", "WHERE false AND k.key IS NOT NULL",
        TWO_MAILED, "consume r1", "consume r2", "I1"),
    "a deadlock where the account's row is locked before the address's": Broken(
        "lock_accounts", "ORDER BY min(k.place), k.key", "ORDER BY min(k.place) DESC, k.key",
        TWO_MAILED, "consume r1", "invalidate address P", "40P01"),
    "links of the address live where only the account's row is moved": Broken(
        "revoke_accounts", "1 AS place WHERE $1::bytea IS NOT NULL",
        "1 AS place WHERE $1::bytea IS NOT NULL AND $2::bytea IS NULL",
        "of one address a link that names an account and one that names none", "consume r2",
        "expire", "I1"),
    "other addresses' links live where only the address's row is moved": Broken(
        "revoke_accounts", "2 WHERE $2::bytea IS NOT NULL", "2 WHERE $2::bytea IS NULL",
        TWO_MAILED, "consume r1", "expire", "I1"),
    "an address spares its accounts": Broken(
        "revoke_accounts", "WHERE $2::bytea IS NULL AND r.address_key",
        "WHERE false AND r.address_key",
        TWO_MAILED, "invalidate address P", "expire", "I1"),
    "what killed a link is forgotten": Broken(
        "revoke_accounts", EARLIER, "ELSE a.earlier END",
        TWO_MAILED, "invalidate account A", "complete r1", "I12"),
    "a link is named after its account was revoked": Broken(
        "name_account", "(a.revoked_before >= r.created_at", "(false",
        "one link is mailed, the other's account not named yet", "consume r2", "name r1", "I1"),
    "a link is mailed after its account was revoked": Broken(
        "claim_messages", "r.created_at <= a.revoked_before\n", "false\n",
        "a link that may have arrived, and a lost attempt", "invalidate account A", "expire", "I1"),
    "a link that may have arrived is mailed again when it has expired": Broken(
        "claim_messages", "WHEN t.is_over OR t.has_expired THEN", "WHEN t.is_over THEN",
        "expired, where it may have arrived and where it waits", "deliver mail", "expire", "I6"),
    "the expiry of a link that may have arrived moves": Broken(
        "claim_messages", "CASE WHEN $1::text = 'suspects' THEN r.expires_at",
        "CASE WHEN false THEN r.expires_at",
        "a link that may have arrived, and a lost attempt", "deliver suspects", "expire", "I2"),
    "more links live than may": Broken(
        "finish_messages", "WHERE e.is_mailed AND e.key IN", "WHERE false AND e.key IN",
        "only the newest stays live", "finish r2 as sent", "expire", "I3"),
    "a consume of an expired link": Broken(
        "find_requests", "v.expires_at,", "v.expires_at + interval '1 day' AS expires_at,",
        "lost attempts of an expired link and of an account row not there", "consume r1", "expire",
        "I10"),
}  # fmt: skip


@pytest.mark.parametrize("fault", ALL_BROKEN)
def test_the_model_sees_that(database: Database, fault: str):
    broken = ALL_BROKEN[fault]
    queries = program_queries()
    assert queries[broken.query].count(broken.part) == 1
    queries[broken.query] = queries[broken.query].replace(broken.part, broken.instead)
    (state,) = [one for one in WHOLE if one.name == broken.state]
    named = {one.name: one for one in operations(state)}
    model, findings = Model(database, queries), Findings()
    model.explore(state, [named[broken.first], named[broken.second]], findings, whole_trips=False)
    model.close()
    print(findings.violations[:1])
    assert any(
        f": {broken.shows} " in one or f"{broken.shows} " in one for one in findings.violations
    )
