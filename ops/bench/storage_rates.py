"""Consumes, live links and mails per second, and what each costs PostgreSQL in processor time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from cluster import Cluster
from delivery_outcome import Outcome
from delivery_rig import address, say, smtp_sink
from polling import eventually
from server_cost import processor_seconds
from side import Side
from storage_options import StorageOptions, Table, sides

LINKS = 16_000


def rates(directory: Path, cluster: Cluster, options: StorageOptions) -> Outcome:
    outcome = Outcome()
    with sides(directory, cluster, options) as made:
        table = Table(made)
        for number in range(options.rounds):
            for side in made:
                _round(side, table, cluster, options.seconds)
            say(f"rates, round {number + 1}: " + table.last())
    table.show(outcome)
    for name in ("consumes", "live links", "mails"):
        table.compare(name, outcome.at_least, 1.0)
    return outcome


def _round(side: Side, table: Table, cluster: Cluster, seconds: int) -> None:
    side.database.execute("DELETE FROM rekey.outbox")
    with side.serve("--no-worker") as serving:
        tokens = side.make_tokens(serving, LINKS)
        side.tidy("outbox", "reset_request")
        spent = processor_seconds(cluster)
        opened = side.wrk(serving, "live_links.lua", "", seconds, public=True,
                          REKEY_BENCH_TOKENS=str(tokens))  # fmt: skip
        spent = processor_seconds(cluster) - spent
        table.add(side, "live links", opened.rate, "/s")
        table.add(side, "live links, PostgreSQL's", spent / opened.rate / seconds * 1e6, "µs each")
        if opened.errors:
            raise RuntimeError(f"{opened.errors} live links were not live")
    _mails(side, table, cluster)
    with side.serve("--no-worker") as serving:
        query = "SELECT count(*) FROM rekey.reset_request WHERE consumed_at IS NOT NULL"
        _costs(side, table, cluster, "consumes",
               lambda: side.consume(serving, tokens, seconds), query)  # fmt: skip


def _costs(
    side: Side, table: Table, cluster: Cluster, name: str, act: Callable[[], float], query: str
) -> None:
    before, spent = side.database.value(query), processor_seconds(cluster)
    rate = act()
    spent = processor_seconds(cluster) - spent
    done = abs(side.database.value(query) - before)
    table.add(side, name, rate, "/s")
    table.add(side, f"{name}, PostgreSQL's", spent / max(done, 1) * 1e6, "µs each")


def _mails(side: Side, table: Table, cluster: Cluster) -> None:
    """A worker until nothing is left; the rate is that of nine tenths of them."""
    total = side.database.count("outbox")

    def drain() -> float:
        with smtp_sink() as port, side.work(REKEY_MAIL_TRANSPORTS=address(port)):
            first = eventually(lambda: total - side.database.count("outbox"), "the first mail", 60)
            start = time.monotonic()
            eventually(lambda: side.database.count("outbox") <= total // 10, "the mails", 120)
            return (total * 0.9 - first) / (time.monotonic() - start)

    _costs(side, table, cluster, "mails", drain, "SELECT count(*) FROM rekey.outbox")
