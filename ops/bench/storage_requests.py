"""Requests per second, and what one costs PostgreSQL in processor time."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from cluster import Cluster
from delivery_outcome import Outcome
from delivery_rig import say
from server_cost import processor_seconds
from side import Serving, Side
from storage_options import StorageOptions, Table, sides

# Stands in the statement that takes requests down.
STATEMENT = "waiting requests at once"


def requests(directory: Path, cluster: Cluster, options: StorageOptions) -> Outcome:
    """64 connections that ask as fast as they are answered: half of them stand in the batch that is
    being committed, the others gather for the next. By 160 connections batches are full."""
    outcome = Outcome()
    with sides(directory, cluster, options) as made, ExitStack() as stack:
        table = Table(made)
        made[0].database.administer("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        serving = {side.name: stack.enter_context(side.serve("--no-worker")) for side in made}
        for side in made:
            side.ask(serving[side.name], 2)
        for number in range(options.rounds):
            for connections in (64, 160):
                for side in made:
                    _ask(side, serving[side.name], table, cluster, options.seconds, connections)
            say(f"requests, round {number + 1}: " + table.last())
    table.show(outcome)
    table.compare("by 160: PostgreSQL's processor time", outcome.at_least, 1.5, "before", "now")
    table.compare("by 64: PostgreSQL's processor time", outcome.at_least, 1.5, "before", "now")
    table.compare("by 64: requests", outcome.at_least, 1.0)
    table.compare("by 64: requests, p99", outcome.at_most, 1.0)
    return outcome


def _ask(
    side: Side, serving: Serving, table: Table, cluster: Cluster, seconds: int, connections: int
) -> None:
    side.empty_outbox()
    calls, spent = side.database.calls(STATEMENT), processor_seconds(cluster)
    result = side.ask(serving, seconds, connections)
    spent, calls = processor_seconds(cluster) - spent, side.database.calls(STATEMENT) - calls
    accepted, by = side.database.count("outbox"), f"by {connections}"
    table.add(side, f"{by}: requests", result.rate, "/s")
    table.add(side, f"{by}: requests, p99", result.p99 or 0, "ms")
    table.add(side, f"{by}: requests in a batch", accepted / max(calls, 1), "")
    cost = spent / accepted * 1e6
    table.add(side, f"{by}: PostgreSQL's processor time", cost, "µs a request")
