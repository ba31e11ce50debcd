"""Requests per second, and what one costs PostgreSQL in processor time."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from cluster import Cluster
from delivery_outcome import Outcome
from delivery_rig import say
from server_cost import processor_seconds
from storage_options import StorageOptions, Table, sides


def requests(directory: Path, cluster: Cluster, options: StorageOptions) -> Outcome:
    """64 connections that ask as fast as they are answered, so that batches are of 64."""
    outcome = Outcome()
    with sides(directory, cluster, options) as made, ExitStack() as stack:
        table = Table(made)
        serving = {side.name: stack.enter_context(side.serve("--no-worker")) for side in made}
        for side in made:
            side.ask(serving[side.name], 2)
        for number in range(options.rounds):
            for side in made:
                side.empty_outbox()
                before, spent = side.database.count("outbox"), processor_seconds(cluster)
                result = side.ask(serving[side.name], options.seconds)
                spent = processor_seconds(cluster) - spent
                accepted = side.database.count("outbox") - before
                table.add(side, "requests", result.rate, "/s")
                table.add(side, "requests, p99", result.p99 or 0, "ms")
                table.add(side, "PostgreSQL's processor time", spent / accepted * 1e6,
                          "µs a request")  # fmt: skip
                say(f"requests, round {number + 1}, {side.name}: {result.rate:.0f}/s,"
                    f" {spent / accepted * 1e6:.1f} µs")  # fmt: skip
    table.show(outcome)
    table.compare("PostgreSQL's processor time", outcome.at_least, 1.5, "before", "now")
    table.compare("requests", outcome.at_least, 1.0)
    return outcome
