"""What POST /reset/request carries, beside pgbench with the same statement and a bare route.

All of it in one run on one private cluster; every load goes to 127.0.0.1 and is bounded in time.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = map(str, (ROOT / "Tests/EndToEnd/support").iterdir())

from cluster import Cluster, temporary_cluster  # noqa: E402
from ports import free_port  # noqa: E402
from wrk import Result, run_wrk  # noqa: E402

BINARY = os.environ["REKEY_TEST_BINARY"]
CLIENT_COUNTS = (8, 16, 32, 64)


class Bench:
    """A migrated database, keys, one caller, and `rekey serve --no-worker`."""

    def __init__(self, directory: Path, cluster: Cluster, seconds: int, connections: int):
        self.cluster = cluster
        self.seconds = seconds
        self.connections = connections
        self.environment = {
            "PATH": os.environ["PATH"],
            "REKEY_DATABASE_URL": cluster.url,
            "REKEY_PUBLIC_URL": "http://127.0.0.1:1",
            "REKEY_CONTINUE_URL": "http://127.0.0.1:1/{token}",
            "REKEY_KEYRING_FILE": str(directory / "keyring"),
            "REKEY_CALLERS_FILE": str(directory / "callers"),
            "REKEY_MAIL_FROM": "no-reply@bench.example",
            "REKEY_MAIL_TRANSPORTS": "smtp://127.0.0.1:9",
            "REKEY_LISTEN_PUBLIC": f"127.0.0.1:{free_port()}",
            "REKEY_LISTEN_INTERNAL": f"127.0.0.1:{free_port()}",
        }
        self.internal = f"http://{self.environment['REKEY_LISTEN_INTERNAL']}"
        self._rekey("migrate")
        self._rekey("keys", "init")
        self.key = self._rekey("callers", "add", "bench").strip()
        self.log = (directory / "log").open("wb")
        self.serve = subprocess.Popen(
            [BINARY, "serve", "--no-worker"], env=self.environment, stderr=self.log
        )
        self._wait_until_ready()

    def _rekey(self, *arguments: str) -> str:
        return subprocess.run(
            [BINARY, *arguments], env=self.environment, check=True, capture_output=True, text=True
        ).stdout

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + 20
        while True:
            try:
                with urllib.request.urlopen(f"{self.internal}/readyz"):
                    return
            except OSError:
                if self.serve.poll() is not None or time.monotonic() > end:
                    raise SystemExit("bench: rekey serve does not become ready") from None
                time.sleep(0.02)

    def memory(self) -> float:
        """Megabytes resident at the peak."""
        status = Path(f"/proc/{self.serve.pid}/status").read_text()
        found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
        return int(found[1]) / 1024 if found else 0.0

    def wrk(self, name: str, script: str, path: str, seconds: int) -> Result:
        return run_wrk(name, script, self.internal + path, seconds, self.connections,
                       REKEY_BENCH_KEY=self.key)  # fmt: skip

    def pgbench(self, script: Path, clients: int) -> Result:
        printed = self.cluster.run(
            "pgbench", "--no-vacuum", "--protocol", "prepared", "--client", str(clients),
            "--jobs", "2", "--time", str(self.seconds), "--file", str(script), self.cluster.url,
        ).decode()  # fmt: skip
        rate = re.search(r"tps = ([\d.]+)", printed)
        latency = re.search(r"latency average = ([\d.]+) ms", printed)
        if not rate or not latency:
            raise SystemExit(f"bench: pgbench said nothing to read:\n{printed}")
        return Result(f"pgbench, {clients} clients, one row", float(rate[1]), float(latency[1]))

    def stop(self) -> None:
        self.serve.send_signal(signal.SIGTERM)
        self.serve.wait(30)
        self.log.close()


def recycle_write_ahead_log(cluster: Cluster) -> None:
    """A cluster that has run for a while writes over old segments. A new one stops all writing for
    tens of milliseconds each time it makes a segment of 16 MB, which would be measured instead."""
    settings = "ALTER SYSTEM SET min_wal_size = '1GB'; ALTER SYSTEM SET max_wal_size = '2GB'"
    fill = "SELECT pg_logical_emit_message(false, '', repeat('x', 1000000)), pg_switch_wal()"
    for command in (*settings.split(";"), "SELECT pg_reload_conf()", *[fill] * 50, "CHECKPOINT"):
        cluster.run("psql", "--quiet", "--no-psqlrc", "--output=/dev/null", "--command", command,
                    cluster.url)  # fmt: skip


def pgbench_script(directory: Path) -> Path:
    """sql/queries/record_requests.sql with arrays of one element, as random as the service's."""
    moment = int(time.time() * 1000)

    def identifier(tail: str) -> str:
        head = "lpad(to_hex(:ms::bigint),12,'0')||'7'||lpad(to_hex(:b::bigint),3,'0')"
        return f"ARRAY[({head}||'8'||lpad(to_hex(:{tail}::bigint),15,'0'))::uuid]"

    sealed = "\\x" + "5a" * 90
    values = {
        1: identifier("c"), 2: "ARRAY[decode(md5(:c::text), 'hex')]", 3: "ARRAY[NULL]",
        4: f"ARRAY['{sealed}'::bytea]", 5: "ARRAY['\\x01020304'::bytea]", 6: "ARRAY['bench']",
        7: "ARRAY[decode(md5(:e::text), 'hex')]",
        8: "ARRAY[NULL]", 9: "ARRAY[NULL]", 10: "ARRAY[NULL]",
        11: "ARRAY[3,5,10]", 12: "ARRAY[900,3600,86400]", 13: "ARRAY[20]", 14: "ARRAY[3600]",
        15: "1800",
    }  # fmt: skip
    query = (ROOT / "sql/queries/record_requests.sql").read_text()
    lines = [line for line in query.splitlines() if not line.strip().startswith("--")]
    statement = re.sub(r"\$(\d+)", lambda found: values[int(found[1])], "\n".join(lines))
    sets = [f"\\set ms {moment} + random(0, 20000)", "\\set b random(0, 4095)"]
    sets += [f"\\set {name} random(0, 1152921504606846975)" for name in "ce"]
    script = directory / "record_one_request.sql"
    script.write_text("\n".join(sets) + "\n" + statement.rstrip().rstrip(";") + ";\n")
    script.chmod(0o644)
    return script


def ratio(label: str, value: float, target: float, at_least: bool = True) -> str:
    met = value >= target if at_least else value <= target
    sign = "≥" if at_least else "≤"
    return f"{label:<66} {value:>9.2f}   {sign} {target:g}   {'met' if met else 'NOT MET'}"


def report(rekey: Result, bare: Result, rows: list[Result], memory: float) -> None:
    best = max(rows, key=lambda row: row.rate)
    print(f"\n{'':<36} {'per second':>11} {'p50 ms':>9} {'p99 ms':>9} {'errors':>7}")
    for row in (rekey, bare, *rows):
        p50 = f"{row.p50:9.2f}" if row.p99 is not None else f"{row.p50:8.2f}*"
        p99 = f"{row.p99:9.2f}" if row.p99 is not None else f"{'':9}"
        print(f"{row.name:<36} {row.rate:>11.0f} {p50} {p99} {row.errors:>7}")
    print("* the mean; pgbench prints no percentiles\n")
    print(ratio("requests ÷ pgbench's best, one row at a time", rekey.rate / best.rate, 2.5))
    print(ratio("requests ÷ a bare route", rekey.rate / bare.rate, 0.5))
    print(ratio("p99 ÷ p50", (rekey.p99 or 0) / (rekey.p50 or 1), 4, at_least=False))
    print(ratio("serve, MB resident at the peak", memory, 64, at_least=False))


def main() -> None:
    parser = argparse.ArgumentParser(prog="ops/bench/request")
    parser.add_argument("--seconds", type=int, default=10, choices=range(2, 31), metavar="2-30")
    parser.add_argument("--connections", type=int, default=64)
    options = parser.parse_args()
    cluster = temporary_cluster()
    try:
        recycle_write_ahead_log(cluster)
        with tempfile.TemporaryDirectory(prefix="rekey-bench-") as name:
            directory = Path(name)
            directory.chmod(0o711)
            bench = Bench(directory, cluster, options.seconds, options.connections)
            try:
                bench.wrk("warm-up", "distinct_addresses.lua", "/reset/request", 2)
                rekey = bench.wrk(
                    f"POST /reset/request, {options.connections} clients",
                    "distinct_addresses.lua", "/reset/request", options.seconds,
                )  # fmt: skip
                memory = bench.memory()
                bare = bench.wrk(
                    "GET /healthz, the bare route", "bare_route.lua", "/healthz", options.seconds
                )
            finally:
                bench.stop()
            script = pgbench_script(directory)
            rows = [bench.pgbench(script, clients) for clients in CLIENT_COUNTS]
            report(rekey, bare, rows, memory)
    finally:
        cluster.remove()


if __name__ == "__main__":
    main()
