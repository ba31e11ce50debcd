"""What a request writes until it is purged: bytes of the log, index entries."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from cluster import Cluster
from delivery_outcome import Outcome
from delivery_rig import address, say, smtp_sink
from polling import eventually
from server_cost import written
from side import Side
from storage_options import StorageOptions, Table, sides

COUNT = 4_000
WHAT = ("log without page images", "log with page images, just after a checkpoint", "index entries")
# What has no time to grow old here is made so, between two measurements.
AGED = {
    "rate_limit": "UPDATE rekey.rate_limit SET stamps = ARRAY[stamps[1] - interval '60 days']",
    "account": "UPDATE rekey.account SET revoked_before = revoked_before - interval '60 days',"
    " mailed = ARRAY(SELECT m - interval '60 days' FROM unnest(mailed) AS m)",
}


def life(directory: Path, cluster: Cluster, options: StorageOptions) -> Outcome:
    """Index entries are counted from the log: each entry that a B-tree's leaf takes is a record."""
    outcome = Outcome()
    with sides(directory, cluster, options) as made:
        made[0].database.administer("ALTER SYSTEM SET autovacuum = off")
        made[0].database.administer("SELECT pg_reload_conf()")
        table = Table(made)
        for side in made:
            _live_once(side, cluster, table)
        made[0].database.administer("ALTER SYSTEM RESET autovacuum")
        made[0].database.administer("SELECT pg_reload_conf()")
    table.show(outcome)
    for what in WHAT:
        table.compare(f"{what}, whole life", outcome.at_most, 1.0)
    return outcome


def _live_once(side: Side, cluster: Cluster, table: Table) -> None:
    totals, count = dict.fromkeys(WHAT, 0.0), 0
    for phase, act in PHASES.items():
        if phase == "purged":
            _age(side)
        with written(cluster, side.database) as found:
            act(side)
        # Nobody takes rows away before the end.
        count = side.database.count("reset_request") or count
        parts = [found.record_bytes, found.record_bytes + found.image_bytes, found.index_entries]
        for what, value in zip(WHAT, parts, strict=True):
            totals[what] += value / count
            table.add(side, f"{what}, {phase}", value / count, "a request")
        say(
            f"life, {side.name}, {count} {phase}: {found.index_entries / count:.2f} index entries,"
            f" {found.record_bytes / count:.0f} bytes, with images {parts[1] / count:.0f}"
        )
        per = {name: round(n / count, 2) for name, n in found.records.items() if n > count / 50}
        say(f"life, {side.name}, {phase}, records a request: {per}")
    for what, total in totals.items():
        table.add(side, f"{what}, whole life", total, "a request")


def _asked(side: Side) -> None:
    """In batches, as under load."""
    with side.serve("--no-worker") as serving:
        side.make_tokens(serving, COUNT)


def _mailed(side: Side) -> None:
    with smtp_sink() as port, side.work(REKEY_MAIL_TRANSPORTS=address(port)):
        eventually(lambda: side.database.count("outbox") == 0, "an empty outbox", 120)


def _consumed(side: Side) -> None:
    query = "SELECT count(*) FROM rekey.reset_request WHERE consumed_at IS NULL"
    end = time.monotonic() + 60
    with side.serve("--no-worker") as serving:
        while side.database.value(query) > 0:
            side.consume(serving, side.write_tokens(), 4)
            if time.monotonic() > end:
                raise RuntimeError("not all is consumed")


def _purged(side: Side) -> None:
    side.run("purge", "--older-than", "1s")


PHASES: dict[str, Callable[[Side], None]] = {
    "accepted": _asked, "mailed": _mailed, "consumed": _consumed, "purged": _purged,
}  # fmt: skip


def _age(side: Side) -> None:
    for table, statement in AGED.items():
        if side.database.value("SELECT to_regclass(%s) IS NOT NULL", [f"rekey.{table}"]):
            side.database.execute(statement)
    # Ages are counted in whole seconds.
    time.sleep(1.1)
