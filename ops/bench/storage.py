"""What storage carries and costs, beside another program if one is named."""

from __future__ import annotations

import argparse
import json
import os
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
from request import recycle_write_ahead_log
from storage_hot import hot
from storage_life import life
from storage_locked import locked
from storage_options import StorageOptions
from storage_rates import rates
from storage_requests import requests

PARTS: dict[str, Callable[[Path, Cluster, StorageOptions], Outcome]] = {
    "requests": requests,
    "life": life,
    "rates": rates,
    "hot": hot,
    "locked": locked,
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ops/bench/storage")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--before", metavar="PATH", help="a program to stand beside this one")
    parser.add_argument("--seconds", type=int, default=5, help="of each measurement, 1 to 30")
    parser.add_argument("--rounds", type=int, default=3, help="1 to 20; medians are printed")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="exit 1 if a target is missed")
    options = parser.parse_args()
    options.parts = list(dict.fromkeys(options.parts)) or list(PARTS)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if not (1 <= options.seconds <= 30 and 1 <= options.rounds <= 20):
        parser.error("--seconds is 1 to 30, --rounds 1 to 20")
    if options.before is not None and not os.access(options.before, os.X_OK):
        parser.error(f"--before: {options.before} cannot be run")
    return options


def main() -> int:
    given = arguments()
    options = StorageOptions(
        os.environ["REKEY_TEST_BINARY"], given.before, given.seconds, given.rounds
    )
    outcomes: dict[str, Outcome] = {}
    failed: list[str] = []
    # So that everything is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cluster = temporary_cluster()
    try:
        recycle_write_ahead_log(cluster)
        for name in given.parts:
            say(name)
            with tempfile.TemporaryDirectory(prefix="rekey-bench-") as directory:
                try:
                    outcomes[name] = PARTS[name](Path(directory), cluster, options)
                except Exception as error:
                    reason = str(error).strip().rpartition("\n")[2]
                    failed.append(f"{name}: failed to run: {type(error).__name__}: {reason}")
                    continue
            if not given.json:
                show(name, outcomes[name])
    finally:
        cluster.remove()
    if given.json:
        print(json.dumps({name: asdict(outcome) for name, outcome in outcomes.items()}, indent=2))
    for line in failed:
        print(line, file=sys.stderr)
    missed = given.check and any(outcome.misses for outcome in outcomes.values())
    return 1 if failed or missed else 0


if __name__ == "__main__":
    sys.exit(main())
