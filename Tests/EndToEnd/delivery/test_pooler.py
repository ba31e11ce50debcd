"""Behind PgBouncer, which shares few connections in transactions, everything works as without."""

from __future__ import annotations

import json

from caller import new_address
from installation import Installation
from pgbouncer import PgBouncer
from polling import eventually


def test_behind_a_pooler_in_transactions_the_whole_flow_works(
    rekey: Installation, pgbouncer: PgBouncer
):
    rekey.settings["REKEY_DATABASE_URL"] = pgbouncer.through(rekey.settings["REKEY_DATABASE_URL"])
    rekey.settings["REKEY_DATABASE_POOLER"] = "transaction"
    serving = rekey.serve("--no-worker")
    rekey.work()
    addresses = [new_address() for _ in range(20)]
    for address in addresses:
        serving.caller.accepted(address)
    # There are no hints: the worker looks every second.
    tokens = [rekey.mailbox.mail_to(address).token for address in addresses]
    for token in tokens:
        assert serving.caller.verify(token).status == 200
        assert serving.caller.consume(token).status == 200
        assert serving.caller.consume(token).code == "token_used"
    assert len(pgbouncer.show("CLIENTS")) >= 2


def test_operators_reach_the_database_through_the_pooler_too(
    rekey: Installation, pgbouncer: PgBouncer
):
    url = pgbouncer.through(rekey.database.owner_url)
    settings = {"REKEY_DATABASE_URL": url, "REKEY_DATABASE_POOLER": "transaction"}
    assert rekey.succeed("outbox", "pause", "--reason", "a test", **settings)
    assert json.loads(rekey.succeed("outbox", "stats", "--json", **settings))["paused"]
    assert rekey.succeed("outbox", "resume", **settings)
    assert rekey.succeed("dead", "list", "--json", **settings) == ""
    assert rekey.succeed("suppressions", "list", "--json", **settings) == ""
    assert json.loads(rekey.succeed("purge", "--json", **settings))["requests"] == 0


def test_behind_a_pooler_that_goes_away_and_comes_back_mails_flow_again(
    rekey: Installation, pgbouncer: PgBouncer
):
    rekey.settings["REKEY_DATABASE_URL"] = pgbouncer.through(rekey.settings["REKEY_DATABASE_URL"])
    rekey.settings["REKEY_DATABASE_POOLER"] = "transaction"
    service = rekey.serve()
    address = new_address()
    service.caller.accepted(address)
    rekey.mailbox.mail_to(address)
    pgbouncer.stop()
    assert service.caller.request(new_address()).status == 503
    pgbouncer.start()
    service.wait_until_ready()
    address = new_address()
    eventually(lambda: service.caller.request(address).status == 202, "accepted again", 30)
    token = rekey.mailbox.mail_to(address, deadline=30).token
    assert service.caller.consume(token).status == 200
