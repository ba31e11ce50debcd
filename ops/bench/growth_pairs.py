"""The same work on empty and on grown tables, in turns."""

from __future__ import annotations

from contextlib import ExitStack

from cluster import Cluster
from delivery_claims import claim_costs
from delivery_latency import one_by_one
from delivery_outcome import Outcome
from delivery_rig import address, say
from faulty_sink import FaultySink
from server_cost import processor_seconds
from side import Side
from storage_options import Table

LINKS = 12_000
CLAIMS = 150


def pairs(made: list[Side], cluster: Cluster, seconds: int, rounds: int) -> Outcome:
    """The first of both is the empty one."""
    outcome, table = Outcome(), Table(made)
    with ExitStack() as stack:
        serving = {side.name: stack.enter_context(side.serve("--no-worker")) for side in made}
        for side in made:
            side.ask(serving[side.name], 2)
        for number in range(rounds):
            for side in made:
                side.empty_outbox()
                spent, written = processor_seconds(cluster), log_position(side)
                result = side.ask(serving[side.name], seconds)
                spent, written = processor_seconds(cluster) - spent, log_position(side) - written
                table.add(side, "requests", result.rate, "/s")
                accepted = side.database.count("outbox")
                table.add(side, "requests, PostgreSQL's", spent / accepted * 1e6, "µs each")
                table.add(side, "requests, log", written / accepted, "bytes each")
            tokens = {side.name: side.make_tokens(serving[side.name], LINKS) for side in made}
            for side in made:
                result = side.wrk(serving[side.name], "live_links.lua", "", seconds, public=True,
                                  REKEY_BENCH_TOKENS=str(tokens[side.name]))  # fmt: skip
                if result.errors:
                    raise RuntimeError(f"{result.errors} live links were not live")
                table.add(side, "live links", result.rate, "/s")
            for side in made:
                rate = side.consume(serving[side.name], tokens[side.name], seconds)
                table.add(side, "consumes", rate, "/s")
            say(f"pairs, round {number + 1}: " + table.last())
        # Last, because it begins with a checkpoint: after one the first change of each page is
        # written whole, and of random keys in a large index nearly each change is such a one.
        for _ in range(rounds):
            for side, cost in zip(made, claim_costs(made, CLAIMS), strict=True):
                table.add(side, "claims", 1e6 / cost, "messages/s")
    table.show(outcome)
    for name in ("requests", "live links", "consumes", "claims"):
        table.compare(name, outcome.at_least, 0.9, made[1].name, made[0].name)
    return outcome


def log_position(side: Side) -> int:
    return side.database.value("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")


def mail_latency(side: Side, count: int) -> Outcome:
    """From a request to the DATA of its mail, with nothing else to do."""
    outcome, sink = Outcome(), FaultySink(keep=False)
    try:
        side.empty_outbox()
        with side.serve(REKEY_MAIL_TRANSPORTS=address(sink.port)) as serving:
            times = sorted(one_by_one(serving, sink, f"latency-{side.name}", count))
    finally:
        sink.close()
    outcome.row("request → mail, p99", times[len(times) * 99 // 100], "ms")
    outcome.at_most("request → mail, p50, ms", times[len(times) // 2], 10)
    return outcome
