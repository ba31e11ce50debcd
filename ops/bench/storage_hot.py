"""One address, or one client, that everything asks for, and the strangers beside it."""

from __future__ import annotations

import resource
import time
from contextlib import ExitStack
from pathlib import Path

from cluster import Cluster
from delivery_outcome import Outcome
from delivery_rig import say
from paced import strangers
from side import Serving, Side
from storage_options import StorageOptions, Table, sides

STRANGERS = 20
CROWD = 4_000
CLIENT = {"REKEY_BENCH_CLIENT": "192.0.2.7"}
# Script, path and settings of what is asked for; the others are held against the bare route.
FLOODS: dict[str, tuple[str, str, dict[str, str]]] = {
    "a bare route": ("bare_route.lua", "/healthz", {}),
    "one address": ("hot_key.lua", "/reset/request", {}),
    "one client": ("hot_key.lua", "/reset/request", CLIENT),
}


def hot(directory: Path, cluster: Cluster, options: StorageOptions) -> Outcome:
    outcome = Outcome()
    _allow_files(CROWD * 4)
    with sides(directory, cluster, options) as made, ExitStack() as stack:
        table = Table(made)
        serving = {side.name: stack.enter_context(side.serve("--no-worker")) for side in made}
        for number in range(options.rounds):
            for side in made:
                _round(side, serving[side.name], table, options.seconds, number)
    table.show(outcome)
    for side in made:
        for name in list(FLOODS)[1:]:
            _judge(outcome, table, side, name)
    return outcome


def _round(side: Side, serving: Serving, table: Table, seconds: int, number: int) -> None:
    with strangers(serving, STRANGERS) as alone:
        time.sleep(seconds)
    table.add(side, "strangers alone, p99", alone.percentile(99), "ms")
    for name, (script, path, settings) in FLOODS.items():
        for connections in (64, CROWD):
            with strangers(serving, STRANGERS) as answers:
                flood = side.wrk(serving, script, path, seconds, connections, **settings)
            beside = f"{name} by {connections}"
            table.add(side, beside, flood.rate, "/s")
            table.add(side, f"strangers beside {beside}, p99", answers.percentile(99), "ms")
            table.add(side, f"strangers beside {beside}, refused", answers.refused, "")
            say(f"hot, round {number + 1}, {side.name}, {beside}: {flood.rate:.0f}/s, strangers'"
                f" p50 {answers.percentile(50):.1f} p99 {answers.percentile(99):.1f} ms,"
                f" {dict(answers.statuses)}")  # fmt: skip


def _judge(outcome: Outcome, table: Table, side: Side, name: str) -> None:
    figures = table.figures

    def ratio(what: str, of: str) -> float:
        pairs = zip(figures[what][side.name], figures[of][side.name], strict=True)
        ordered = sorted(one / max(other, 1e-9) for one, other in pairs)
        return ordered[len(ordered) // 2]

    label = f"{side.name}: {name}" if len(table.names) > 1 else name
    for connections in (64, CROWD):
        this, bare = f"{name} by {connections}", f"a bare route by {connections}"
        outcome.at_least(f"{label} by {connections} ÷ bare route", ratio(this, bare), 0.5)
        p99 = ratio(f"strangers beside {this}, p99", f"strangers beside {bare}, p99")
        outcome.at_most(f"{label} by {connections}, strangers' p99 ÷ bare", p99, 1.3)
        refused = max(figures[f"strangers beside {this}, refused"][side.name])
        outcome.at_most(f"{label} by {connections}, strangers refused", refused, 0)


def _allow_files(count: int) -> None:
    """For as many connections; what is started from here has the same right."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
