"""The way from the outbox to the mail server, measured in one run on one private cluster."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from delivery_rig import say  # Makes the modules of the tests importable; so it comes first.

# isort: split
from cluster import temporary_cluster
from delivery_attachment import attachment
from delivery_claims import claims
from delivery_latency import latency
from delivery_outcome import Options, Outcome, show
from delivery_throughput import throughput
from delivery_transports import transports
from request import recycle_write_ahead_log

PARTS = {
    "throughput": throughput,
    "latency": latency,
    "attachment": attachment,
    "claims": claims,
    "transports": transports,
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ops/bench/delivery")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--seconds", type=float, default=10.0, help="at most, for each measurement")
    parser.add_argument("--messages", type=int, default=5000, help="in each backlog that is sent")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    # Memory is measured with throughput.
    names = ["throughput" if name == "memory" else name for name in options.parts]
    options.parts = list(dict.fromkeys(names)) or list(PARTS)
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    if not (1 <= options.seconds <= 60 and 100 <= options.messages <= 100_000):
        parser.error("--seconds is 1 to 60, --messages 100 to 100000")
    if not 1 <= options.rounds <= 20:
        parser.error("--rounds is 1 to 20")
    return options


def main() -> int:
    arguments_given = arguments()
    options = Options(arguments_given.seconds, arguments_given.messages, arguments_given.rounds)
    outcomes: dict[str, Outcome] = {}
    failed: list[str] = []
    # So that everything is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cluster = temporary_cluster()
    try:
        recycle_write_ahead_log(cluster)
        with tempfile.TemporaryDirectory(prefix="rekey-bench-") as directory:
            for name in arguments_given.parts:
                say(name)
                try:
                    outcomes[name] = PARTS[name](Path(directory), cluster, options)
                except Exception as error:
                    # The last line: where a process ended by itself, that is what it said.
                    reason = str(error).strip().rpartition("\n")[2]
                    failed.append(f"{name}: failed to run: {type(error).__name__}: {reason}")
                    continue
                if not arguments_given.json:
                    show(name, outcomes[name])
    finally:
        cluster.remove()
    if arguments_given.json:
        print(json.dumps({name: asdict(outcome) for name, outcome in outcomes.items()}, indent=2))
    for line in failed:
        print(line, file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
