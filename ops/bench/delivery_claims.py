"""The cost of a message with few and with very many waiting."""

from __future__ import annotations

import itertools
import time
from contextlib import ExitStack
from pathlib import Path
from statistics import median

import psycopg
from cluster import Cluster
from delivery_outcome import Options, Outcome, median_ratio
from delivery_rig import ROOT, Rig, address, say, smtp_sink

FEW, MANY = 1_000, 1_000_000
# Of sql/queries/claim_messages.sql: 20 messages at once with the defaults of the configuration.
CLAIM_PARAMETERS = ["mail", 20, 90, 1800, 7200, 86400, 259200, 3]


def claims(directory: Path, cluster: Cluster, options: Options) -> Outcome:
    outcome = Outcome()
    with (
        Rig(directory / "few", cluster) as few,
        Rig(directory / "many", cluster) as many,
        smtp_sink() as port,
    ):
        rigs = {FEW: few, MANY: many}
        costs: dict[int, list[float]] = {count: [] for count in rigs}
        rates: dict[int, list[float]] = {count: [] for count in rigs}
        for count, rig in rigs.items():
            say(f"claims: making {count} messages that wait")
            rig.fill(count)
        for number in range(options.rounds):
            for count, cost in zip(rigs, claim_costs(list(rigs.values())), strict=True):
                costs[count].append(cost)
            for count, rig in rigs.items():
                rig.preload(options.messages)
                rates[count].append(rig.drain(20, address(port), options.seconds).rate)
                say(
                    f"claims, round {number + 1}, {count} waiting:"
                    f" {costs[count][-1]:.1f} µs a message claimed, {rates[count][-1]:.0f}/s sent"
                )
        pages = {count: claim_pages(rig) for count, rig in rigs.items()}
    for count in rigs:
        outcome.row(f"claim, {count} waiting", median(costs[count]), "µs a message")
        outcome.row(f"claim of 20, {count} waiting, pages looked at", pages[count], "")
        outcome.row(f"rekey work, {count} waiting", median(rates[count]), "/s")
    name = f"÷ {FEW} waiting"
    outcome.at_most(f"cost of a claim, {MANY} {name}", median_ratio(costs[MANY], costs[FEW]), 1.2)
    outcome.at_most(f"time of a mail, {MANY} {name}", median_ratio(rates[FEW], rates[MANY]), 1.2)
    return outcome


# What the worker's own sessions have.
SESSION = "SET enable_seqscan = off; SET jit = off; SET plan_cache_mode = force_generic_plan"

# As an attempt that was not begun is handed back, but before all others.
PUT_BACK = """
UPDATE rekey.outbox SET leased_until = NULL, run_at = clock_timestamp() - interval '1 hour'
WHERE id = ANY ($1)
"""


def statement() -> tuple[str, list]:
    """The worker's own, with its parameters."""
    text = (ROOT / "sql/queries/claim_messages.sql").read_text()
    return text, CLAIM_PARAMETERS


def claim_pages(rig: Rig) -> int:
    """What no noise changes; of the last of some claims, when everything is planned and warm."""
    text, parameters = statement()
    with rig.database.connect() as connection:
        cursor = psycopg.RawCursor(connection)
        cursor.execute(SESSION)
        for _ in range(8):
            explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}"
            plan = cursor.execute(explain, parameters).fetchall()[0][0][0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def claim_costs(rigs: list[Rig], times: int = 200) -> list[float]:
    """Microseconds a message of the real statement, prepared, in each database in turn; what it
    claims is put back after."""
    text, parameters = statement()
    taken: list[list[float]] = [[] for _ in rigs]
    # Else the first touch of each page after the filling is written to the log whole.
    rigs[0].database.execute("CHECKPOINT")
    with ExitStack() as stack:
        connections = [stack.enter_context(rig.database.connect()) for rig in rigs]
        cursors = [psycopg.RawCursor(connection) for connection in connections]
        for cursor in cursors:
            cursor.execute(SESSION)
        pairs = list(zip(taken, cursors, strict=True))
        for _, (costs, cursor) in itertools.product(range(times + 5), pairs):
            start = time.perf_counter()
            rows = cursor.execute(text, parameters, prepare=True).fetchall()
            costs.append((time.perf_counter() - start) / 20)
            assert len(rows) == 20, len(rows)
            cursor.execute(PUT_BACK, [[row[0] for row in rows]], prepare=True)
    for rig in rigs:
        rig.tidy()
    return [median(costs[5:]) * 1e6 for costs in taken]
