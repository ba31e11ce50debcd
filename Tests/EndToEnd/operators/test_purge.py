"""`rekey purge` on 100,000 requests: the right rows go, and only those."""

import json
import threading

import pytest
from caller import new_address
from database import Database
from installation import Installation
from service import mailed_token

# Rows are of so many days ago, so many on each.
OLD = range(32, 43)
YOUNG = (5, 15, 29)
PER_DAY = 7_000

# A third is used, two thirds have expired unused; all of the given day (UTC).
INSERT_DAY = """
WITH rows AS (
  SELECT n, date_trunc('day', clock_timestamp(), 'UTC') - make_interval(days => %(days)s)
    + n * interval '10 s' AS at
  FROM generate_series(1, %(count)s) AS n
)
INSERT INTO rekey.reset_request
  (id, address_key, sealed, kid, caller, created_at, sent_at, expires_at, consumed_at)
SELECT (lpad(to_hex(floor(extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
         || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid,
       decode(md5(n::text), 'hex'), '\\x00', '\\x01020304', 'shop', at, at + interval '1 s',
       at + interval '30 min',
       CASE WHEN n %% 3 = 0 THEN at + interval '5 min' END
FROM rows
"""


def fill(database: Database) -> int:
    """100,000 requests, of which this many are past retention."""
    for days in (*OLD, *YOUNG):
        database.execute(INSERT_DAY, {"days": days, "count": PER_DAY})
    database.execute(INSERT_DAY, {"days": 2, "count": 100_000 - 14 * PER_DAY})
    assert database.count("reset_request") == 100_000
    return PER_DAY * len(OLD)


def purge(rekey: Installation, *arguments: str) -> dict:
    return json.loads(rekey.succeed("purge", "--json", *arguments))


def test_100_000_requests_lose_exactly_what_a_dry_run_counted_and_twice_changes_nothing(
    rekey: Installation,
):
    purgeable = fill(rekey.database)
    counted = purge(rekey, "--dry-run")
    assert counted == {
        "dry_run": True, "requests": purgeable, "messages": 0, "idempotency": 0, "rate_limits": 0,
    }  # fmt: skip
    assert rekey.database.count("reset_request") == 100_000

    deleted = purge(rekey)
    assert deleted == {**counted, "dry_run": False}
    assert rekey.database.count("reset_request") == 100_000 - purgeable
    assert rekey.database.value(
        "SELECT min(created_at) > clock_timestamp() - interval '30 days' FROM rekey.reset_request"
    )
    assert purge(rekey) == {**deleted, "requests": 0}
    assert rekey.database.count("reset_request") == 100_000 - purgeable


def test_what_is_alive_or_still_to_be_sent_stays_and_dead_letters_go(rekey: Installation):
    database = rekey.database
    database.execute(INSERT_DAY, {"days": 40, "count": 9})
    ids = [row["id"] for row in database.rows("SELECT id FROM rekey.reset_request ORDER BY id")]
    live, unsent, dead = ids[1], ids[4], ids[7]
    database.execute(
        "UPDATE rekey.reset_request SET expires_at = clock_timestamp() + interval '1 hour',"
        " consumed_at = NULL WHERE id = %s",
        [live],
    )
    database.execute(
        "INSERT INTO rekey.outbox (id, request_id, kind, run_at, attempt, dead_at, last_error)"
        " VALUES (%s, %s, 'link', clock_timestamp(), 0, NULL, NULL),"
        " (%s, %s, 'link', clock_timestamp(), 1, clock_timestamp(), 'rcpt 550')",
        [unsent, unsent, dead, dead],
    )
    counted = purge(rekey, "--dry-run")
    assert (counted["requests"], counted["messages"]) == (7, 1)
    assert purge(rekey) == {**counted, "dry_run": False}
    left = {row["id"] for row in database.rows("SELECT id FROM rekey.reset_request")}
    assert left == {live, unsent}
    assert [row["request_id"] for row in database.rows("SELECT * FROM rekey.outbox")] == [unsent]


def test_old_idempotency_keys_and_limiter_rows_go_too(rekey: Installation):
    database = rekey.database
    for age in ("25 hours", "23 hours"):
        database.execute(
            "INSERT INTO rekey.idempotency VALUES (decode(md5(%(age)s::text), 'hex'),"
            " decode(md5('b'), 'hex'), gen_random_uuid(),"
            " clock_timestamp() - %(age)s::text::interval)",
            {"age": age},
        )
        database.execute(
            "INSERT INTO rekey.rate_limit VALUES (decode(md5(%(age)s::text), 'hex'),"
            " ARRAY[clock_timestamp() - %(age)s::text::interval])",
            {"age": age},
        )
    counted = purge(rekey, "--dry-run")
    assert (counted["idempotency"], counted["rate_limits"]) == (1, 1)
    assert purge(rekey) == {**counted, "dry_run": False}
    assert (database.count("idempotency"), database.count("rate_limit")) == (1, 1)


@pytest.mark.parametrize(("days", "gone"), [("31d", 0), ("30d", 10), ("29d", 10)])
def test_older_than_counts_from_created_at(rekey: Installation, days: str, gone: int):
    rekey.database.execute(INSERT_DAY, {"days": 31, "count": 10})
    rekey.database.execute(
        "UPDATE rekey.reset_request SET created_at = clock_timestamp() - interval '30 days 1 min',"
        " expires_at = clock_timestamp() - interval '29 days', consumed_at = NULL"
    )
    assert purge(rekey, "--older-than", days)["requests"] == gone


def test_small_batches_delete_the_same(rekey: Installation):
    rekey.database.execute(INSERT_DAY, {"days": 40, "count": 250})
    assert purge(rekey, "--batch", "7")["requests"] == 250


@pytest.mark.parametrize(
    ("lock", "left", "purged"),
    [("SELECT FROM rekey.reset_request ORDER BY id LIMIT 2 FOR UPDATE", "2 requests", (8, 1)),
     ("LOCK TABLE rekey.rate_limit", "all limiter rows", (10, 0)),
     ("LOCK TABLE rekey.reset_request", "all requests", (0, 1))],
)  # fmt: skip
def test_what_is_locked_is_left_and_told_and_the_rest_goes(
    rekey: Installation, lock: str, left: str, purged: tuple[int, int]
):
    database = rekey.database
    database.execute(INSERT_DAY, {"days": 40, "count": 10})
    database.execute(
        "INSERT INTO rekey.rate_limit VALUES (decode(md5('a'), 'hex'), '{2001-01-01}')"
    )
    with database.connect(autocommit=False) as holder:
        holder.execute(lock)
        done = rekey.run("purge", "--json")
        holder.rollback()
    assert done.returncode == 1
    assert f"locked by somebody else, left: {left}\n" in done.stderr
    counts = json.loads(done.stdout)
    assert (counts["requests"], counts["rate_limits"]) == purged
    rest = purge(rekey)
    assert (rest["requests"], rest["rate_limits"]) == (10 - purged[0], 1 - purged[1])


def test_a_fresh_request_survives_the_shortest_retention(rekey: Installation):
    service = rekey.serve()
    token = mailed_token(service)
    purge(rekey, "--older-than", "1d")
    assert service.caller.consume(token).status == 200


@pytest.mark.parametrize(
    "arguments",
    [["--older-than", "0"], ["--older-than", "-1"], ["--older-than", "1"], ["--older-than", "1e3d"],
     ["--older-than", "10000000000000000000d"], ["--batch", "0"], ["--batch", "-1"],
     ["--batch", "x"], ["--batch", "99999999999999999999"], ["--no-such-option"], ["x"]],
)  # fmt: skip
def test_bad_arguments_delete_nothing_and_exit_64_or_78(rekey: Installation, arguments: list[str]):
    rekey.database.execute(INSERT_DAY, {"days": 40, "count": 10})
    done = rekey.run("purge", *arguments)
    assert done.returncode in (64, 78), done.stderr
    assert done.stdout == ""
    assert done.stderr
    assert rekey.database.count("reset_request") == 10


def test_without_json_it_speaks_to_people(rekey: Installation):
    rekey.database.execute(INSERT_DAY, {"days": 40, "count": 10})
    assert "10" in rekey.succeed("purge", "--dry-run")
    assert "10" in rekey.succeed("purge")


def test_purging_under_load_hurts_nobody(rekey: Installation):
    service = rekey.serve()
    fill_once = {"days": 40, "count": 8_000}
    rekey.database.execute(INSERT_DAY, fill_once)
    purged: list[dict] = []
    purger = threading.Thread(target=lambda: purged.append(purge(rekey, "--batch", "50")))
    purger.start()
    used = 0
    while purger.is_alive():
        address = new_address()
        used += service.caller.consume(mailed_token(service, address)).status == 200
    purger.join()
    assert used > 0
    assert purged[0]["requests"] == 8_000
    assert rekey.database.count("reset_request") == used
