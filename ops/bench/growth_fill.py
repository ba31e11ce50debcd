"""Fills a database as it is after a year: requests, account rows, limiter rows."""

from __future__ import annotations

from dataclasses import dataclass

from delivery_rig import say
from side import Side

CHUNK = 500_000
DAYS = 365

# Each id is a UUIDv7 of its row's created_at. What is sealed cannot be opened; it has to be there.
# Addresses and accounts ask again and again, at moments far apart. The year ended yesterday, so
# that what is measured is told from it by its time.
REQUESTS = """
INSERT INTO rekey.reset_request
  (id, address_key, account_key, sealed, kid, caller, created_at, expires_at, sent_at, consumed_at)
SELECT (lpad(to_hex(m.ms), 12, '0') || '7' || substr(m.hash, 1, 3)
        || '8' || substr(m.hash, 4, 15))::uuid,
       decode(md5('address ' || m.n % {accounts}), 'hex'),
       CASE WHEN m.n % 2 = 0 THEN decode(md5('account ' || m.n % {accounts}), 'hex') END,
       decode(repeat('5a', 150), 'hex'), '\\x01020304', 'bench', m.at, m.at + interval '30 minutes',
       m.at + interval '1 second', CASE WHEN m.n % 3 = 0 THEN m.at + interval '5 minutes' END
FROM (SELECT g.n, md5(g.n::text) AS hash, t.ms, to_timestamp(t.ms / 1000.0) AS at
      FROM generate_series({first}::bigint, {last}) AS g(n),
           LATERAL (SELECT {start}::bigint + g.n * {days} * 86400000 / {count} AS ms) t) m
"""
ACCOUNTS = """
INSERT INTO rekey.account (key, revoked_before, revoke_reason, mailed)
SELECT decode(md5(CASE WHEN n % 2 = 0 THEN 'account ' ELSE 'address ' END || n), 'hex'),
       CASE WHEN n % 3 = 0 THEN t.at END, CASE WHEN n % 3 = 0 THEN 'sibling_consumed' END,
       ARRAY[t.at, t.at - interval '1 day']
FROM generate_series(0, {count} - 1) AS n,
     LATERAL (SELECT clock_timestamp() - {days} * interval '1 day' * n / {count} AS at) t
"""
LIMITS = """
INSERT INTO rekey.rate_limit (key, stamps)
SELECT decode(md5('limit ' || n), 'hex'),
       ARRAY(SELECT t.at - i * interval '1 hour' FROM generate_series(0, n % 4) AS i)
FROM generate_series(1, {count}) AS n,
     LATERAL (SELECT clock_timestamp() - interval '30 days' * n / {count} AS at) t
"""


@dataclass
class Sizes:
    """Rows to be stored before anything is measured."""

    requests: int
    accounts: int
    limits: int

    @property
    def bytes(self) -> int:
        """On disk with indexes, log and what a purge leaves behind, about."""
        return self.requests * 1_100 + self.accounts * 350 + self.limits * 300 + 3_000_000_000


def fill(side: Side, sizes: Sizes) -> None:
    """Indexes are made at the end: each key is then written once, in order."""
    database = side.database
    definitions = database.rows(
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'rekey'"
        " AND tablename = 'reset_request' AND indexname <> 'reset_request_pkey'"
    )
    for row in definitions:
        database.execute(f"DROP INDEX rekey.{row['indexname']}")
    start = database.value(
        "SELECT (extract(epoch FROM clock_timestamp() - %s * interval '1 day') * 1000)::bigint",
        [DAYS + 1],
    )
    with database.connect() as connection:
        connection.execute("SET synchronous_commit = off; SET maintenance_work_mem = '1GB'")
        for first in range(1, sizes.requests + 1, CHUNK):
            last = min(first + CHUNK - 1, sizes.requests)
            connection.execute(REQUESTS.format(
                accounts=sizes.accounts, first=first, last=last, start=start, days=DAYS,
                count=sizes.requests))  # fmt: skip
            say(f"filling: {last} of {sizes.requests} requests")
        connection.execute(ACCOUNTS.format(count=sizes.accounts, days=DAYS))
        say(f"filling: {sizes.accounts} account rows")
        connection.execute(LIMITS.format(count=sizes.limits))
        say(f"filling: {sizes.limits} limiter rows")
        for row in definitions:
            connection.execute(row["indexdef"])
            say(f"filling: {row['indexname']}")
        for table in ("reset_request", "account", "rate_limit"):
            connection.execute(f"VACUUM (ANALYZE, FREEZE) rekey.{table}")
            say(f"filling: {table} vacuumed")
        connection.execute("CHECKPOINT")
