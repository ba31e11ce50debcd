"""Whether storage costs more when it is full; on one private cluster, on disk."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from delivery_rig import say  # Makes the modules of the tests importable; so it comes first.

# isort: split
from cluster import Cluster, temporary_cluster
from delivery_outcome import Outcome, show
from growth_fill import Sizes, fill
from growth_pairs import mail_latency, pairs
from growth_purge import purge
from request import recycle_write_ahead_log
from side import Side

SETTINGS = {
    "shared_buffers": "512MB", "max_wal_size": "4GB", "maintenance_work_mem": "512MB",
    "checkpoint_timeout": "15min",
}  # fmt: skip


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ops/bench/growth")
    parser.add_argument("--requests", type=int, default=10_000_000, help="stored, over a year")
    parser.add_argument("--accounts", type=int, default=2_000_000, help="account rows")
    parser.add_argument("--limits", type=int, default=1_000_000, help="limiter rows")
    parser.add_argument("--quick", action="store_true", help="a twentieth of all, about a minute")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement, 1 to 30")
    parser.add_argument("--rounds", type=int, default=3, help="1 to 20; medians are printed")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="exit 1 if a target is missed")
    options = parser.parse_args()
    if options.quick:
        options.requests, options.accounts, options.limits = 500_000, 100_000, 50_000
        options.seconds, options.rounds = 2, 2
    if not (1 <= options.seconds <= 30 and 1 <= options.rounds <= 20):
        parser.error("--seconds is 1 to 30, --rounds 1 to 20")
    if not all(1000 <= n <= 100_000_000 for n in sizes(options).__dict__.values()):
        parser.error("rows are 1000 to 100000000")
    return options


def sizes(options: argparse.Namespace) -> Sizes:
    return Sizes(options.requests, options.accounts, options.limits)


def measure(cluster: Cluster, directory: Path, options: argparse.Namespace) -> dict[str, Outcome]:
    """Each part is shown as soon as it is there."""
    outcomes: dict[str, Outcome] = {}
    binary = os.environ["REKEY_TEST_BINARY"]
    made = [Side(name, binary, directory / name, cluster) for name in ("empty", "grown")]
    fill(made[1], sizes(options))
    parts: dict[str, Callable[[], Outcome]] = {
        "grown beside empty": lambda: pairs(made, cluster, options.seconds, options.rounds),
        "mail": lambda: mail_latency(made[1], 100 if options.quick else 200),
        "purge": lambda: purge(made[1], options.seconds),
    }
    for name, part in parts.items():
        say(name)
        outcomes[name] = part()
        if not options.json:
            show(name, outcomes[name])
    return outcomes


def main() -> int:
    options = arguments()
    free, wanted = shutil.disk_usage(tempfile.gettempdir()).free, sizes(options).bytes
    if free < wanted:
        print(f"bench: {wanted / 1e9:.0f} GB are wanted in {tempfile.gettempdir()},"
              f" {free / 1e9:.0f} are free", file=sys.stderr)  # fmt: skip
        return 1
    # So that everything is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cluster = temporary_cluster()
    try:
        for name, value in SETTINGS.items():
            cluster.run("psql", "--no-psqlrc", "--quiet", "--command",
                        f"ALTER SYSTEM SET {name} = '{value}'", cluster.url)  # fmt: skip
        cluster.stop()
        cluster.start()
        recycle_write_ahead_log(cluster)
        with tempfile.TemporaryDirectory(prefix="rekey-bench-") as directory:
            outcomes = measure(cluster, Path(directory), options)
    finally:
        cluster.remove()
    if options.json:
        print(json.dumps({name: asdict(outcome) for name, outcome in outcomes.items()}, indent=2))
    missed = options.check and any(outcome.misses for outcome in outcomes.values())
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
