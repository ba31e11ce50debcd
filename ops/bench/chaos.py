"""Chaos for some minutes; in Tests/EndToEnd/support/faults, chaos_run.py says what is done and
chaos_judge.py what must hold."""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = map(str, (ROOT / "Tests/EndToEnd/support").iterdir())

from chaos_report import report  # noqa: E402
from chaos_run import ChaosRun  # noqa: E402
from cluster import temporary_cluster  # noqa: E402
from database import make_template  # noqa: E402
from faulty_sink import FaultySink  # noqa: E402
from installation import Installation, migrate_and_grant  # noqa: E402


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ops/bench/chaos")
    parser.add_argument("--minutes", type=float, default=10.0, help="at most 120")
    parser.add_argument("--people", type=int, default=60, help="of each of three callers")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    if not 0 < options.minutes <= 120 or options.people < 1:
        parser.error("minutes are more than 0 and at most 120, people at least 1")
    return options


def main() -> int:
    options = arguments()
    print(f"seed {options.seed}", flush=True)
    start = time.monotonic()

    def progress(line: str) -> None:
        print(f"{time.monotonic() - start:7.1f} s  {line}", file=sys.stderr, flush=True)

    # So that everything is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    cluster = temporary_cluster()
    sink = FaultySink(seed=options.seed)
    run = None
    try:
        with tempfile.TemporaryDirectory(prefix="rekey-chaos-") as directory:
            database = make_template(cluster.url, migrate_and_grant)
            rekey = Installation(Path(directory), database, sink)
            try:
                run = ChaosRun(rekey, cluster, sink, people=options.people, seed=options.seed)
                run.run(options.minutes * 60, progress)
            finally:
                if run is not None:
                    run.close()
                    report(run)
                rekey.close()
            return 1 if run.history.violations else 0
    finally:
        sink.close()
        cluster.remove()


if __name__ == "__main__":
    sys.exit(main())
