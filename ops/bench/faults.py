"""Random faults for some minutes; in Tests/EndToEnd/support/faults, fault_run.py says what is done
and checker.py what must hold."""

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

from cluster import temporary_cluster  # noqa: E402
from database import make_template  # noqa: E402
from fault_report import report  # noqa: E402
from fault_run import FaultRun  # noqa: E402
from faulty_sink import FaultySink  # noqa: E402
from installation import Installation, migrate_and_grant  # noqa: E402

# Moving the clock writes all rows anew, again and again.
VACUUM = (
    "ALTER SYSTEM SET autovacuum_naptime = '5s'",
    "ALTER SYSTEM SET autovacuum_vacuum_cost_delay = 0",
    "SELECT pg_reload_conf()",
)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ops/bench/faults")
    parser.add_argument("--minutes", type=float, default=5.0, help="at most 120")
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    if not 0 < options.minutes <= 120 or options.faults < 1:
        parser.error("minutes are more than 0 and at most 120, faults at least 1")
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
    try:
        with tempfile.TemporaryDirectory(prefix="rekey-faults-") as directory:
            database = make_template(cluster.url, migrate_and_grant)
            for statement in VACUUM:
                database.administer(statement)
            rekey = Installation(Path(directory), database, sink)
            try:
                run = FaultRun(rekey, cluster, sink, seed=options.seed)
                verdict = run.run(
                    faults=options.faults, seconds=options.minutes * 60, progress=progress
                )
                progress("stopping everything and reading the logs")
            finally:
                rekey.close()
            report(run, verdict)
            return 1 if verdict.violations else 0
    finally:
        sink.close()
        cluster.remove()


if __name__ == "__main__":
    sys.exit(main())
