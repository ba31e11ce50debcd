"""What the measurements of delivery share: an installation, backlogs, workers, mail sinks."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = map(str, (ROOT / "Tests/EndToEnd/support").iterdir())

from cluster import Cluster  # noqa: E402
from database import Database, make_template  # noqa: E402
from faulty_sink import FaultySink  # noqa: E402
from installation import Installation, migrate_and_grant  # noqa: E402
from polling import eventually  # noqa: E402
from ports import free_port  # noqa: E402
from service import Service  # noqa: E402

# Messages that are due, each with its request, older than those that are measured. What is in them
# cannot be opened; they only have to be there.
FILL = """
WITH made AS MATERIALIZED (
  SELECT n, extract(epoch FROM clock_timestamp())::bigint * 1000 - 60000 + n * 50000 / {count} AS ms
  FROM generate_series(1::bigint, {count}) AS n
), named AS MATERIALIZED (
  SELECT n, (lpad(to_hex(ms), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8'
             || lpad(to_hex(n), 15, '0'))::uuid AS id FROM made
), requests AS (
  INSERT INTO rekey.reset_request
    (id, address_key, sealed, kid, caller, created_at, expires_at)
  SELECT id, decode(md5(n::text), 'hex'), decode(repeat('5a', 150), 'hex'), '\\x01020304', 'filler',
         clock_timestamp(), clock_timestamp() + interval '30 minutes' FROM named
)
INSERT INTO rekey.outbox (id, request_id, kind, run_at)
SELECT id, id, 'link', clock_timestamp() - interval '30 minutes' + make_interval(secs => n * 1e-4)
FROM named
"""


def say(line: str) -> None:
    print(f"bench: {line}", file=sys.stderr, flush=True)


def first_id(moment: datetime) -> str:
    """The lowest id that a request of this moment can have."""
    head = f"{int(moment.timestamp() * 1000):012x}"
    return f"{head[:8]}-{head[8:]}-7000-8000-000000000000"


@dataclass
class Drained:
    """How a worker did: messages per second, and its memory in MB."""

    rate: float
    peak: float
    first_after: float


class Rig:
    """One database of the cluster with everything that asks for mail and sends it."""

    def __init__(self, directory: Path, cluster: Cluster):
        directory.mkdir()
        self.directory = directory
        self.database: Database = make_template(cluster.url, migrate_and_grant)
        self.rekey = Installation(directory, self.database, None)
        self.serving: Service | None = None
        self.since = self.database.value("SELECT clock_timestamp()")

    def __enter__(self) -> Rig:
        return self

    def __exit__(self, *_: object) -> None:
        """Whatever has happened, nothing goes on running."""
        try:
            self.stop()
        finally:
            self.database.__exit__()

    def stop(self) -> None:
        """Ends all processes."""
        services, self.rekey.services, self.serving = self.rekey.services, [], None
        for service in services:
            try:
                if service.process.poll() is None:
                    service.stop(60)
            finally:
                if service.process.poll() is None:
                    service.kill()

    # Backlogs

    def preload(self, count: int) -> None:
        """So many accepted requests whose mails are due before all others."""
        if self.serving is None:
            self.serving = self.rekey.serve("--no-worker")
        self.database.execute("DELETE FROM rekey.outbox WHERE id >= %s", [first_id(self.since)])
        while (missing := count - self.waiting()) > 0:
            self._ask(1 if missing < 20_000 else 3)
        self.database.execute(
            "DELETE FROM rekey.outbox WHERE id IN (SELECT id FROM rekey.outbox"
            " WHERE id >= %s ORDER BY id OFFSET %s)", [first_id(self.since), count]
        )  # fmt: skip
        self.database.execute(
            "UPDATE rekey.outbox SET run_at = run_at - interval '1 hour'"
            " WHERE id >= %s", [first_id(self.since)]
        )  # fmt: skip
        self.tidy()

    def fill(self, count: int) -> None:
        """So many messages more that are due, and are never sent here."""
        self.database.execute(FILL.format(count=count))
        self.since = self.database.value("SELECT clock_timestamp()")
        self.tidy()

    def tidy(self) -> None:
        self.database.execute("VACUUM (ANALYZE) rekey.outbox")
        self.database.execute("VACUUM (ANALYZE) rekey.reset_request")

    def waiting(self) -> int:
        return self.database.value(
            "SELECT count(*) FROM rekey.outbox WHERE id >= %s",
            [first_id(self.since)],
        )

    def _ask(self, seconds: int) -> None:
        assert self.serving is not None
        host, port = self.serving.internal
        environment = {
            **os.environ,
            "REKEY_BENCH_KEY": self.rekey.key,
            "REKEY_BENCH_RUN": str(time.monotonic_ns()),
        }
        subprocess.run(
            ["wrk", "--threads", "1", "--connections", "32", "--duration", f"{seconds}s",
             "--script", str(HERE / "distinct_addresses.lua"),
             f"http://{host}:{port}/reset/request"],
            env=environment, check=True, capture_output=True,
        )  # fmt: skip

    # Workers

    def drain(self, concurrency: int, transports: str, seconds: float, **settings: str) -> Drained:
        """A worker alone until nothing is left, for so many seconds at most from the first mail.

        The rate is that of nine tenths of them: the last few may be waiting for a dead server.
        """
        before = self.waiting()
        launched = time.monotonic()
        worker = self.rekey.work(
            REKEY_MAIL_TRANSPORTS=transports, REKEY_WORKER_CONCURRENCY=str(concurrency), **settings
        )
        forget_peak(worker)
        with self.database.connect() as connection:
            query = "SELECT count(*) FROM rekey.outbox WHERE id >= %s"

            def left() -> int:
                row = connection.execute(query, [first_id(self.since)]).fetchone()
                return row[0] if row else 0

            first = eventually(lambda: (left() < before) and left() + 1, "the first mail", 90) - 1
            start = time.monotonic()
            rest, now = first, start
            flowed: tuple[int, float] | None = None
            while rest > 0 and now < start + seconds:
                time.sleep(0.02)
                rest, now = left(), time.monotonic()
                if flowed is None and rest <= before // 10:
                    flowed = rest, now
            rest, now = flowed or (rest, now)
        peak = worker.memory("VmHWM") / 1e6
        worker.stop(60)
        self.rekey.services.remove(worker)
        rate = (first - rest) / max(now - start, 1e-9)
        return Drained(rate, peak, start - launched)


def address(port: int) -> str:
    return f"smtp://127.0.0.1:{port}"


def mail_size(rig: Rig, **settings: str) -> int:
    """Bytes of one real mail."""
    sink = FaultySink()
    rig.preload(1)
    rig.drain(1, address(sink.port), 120, **settings)
    sink.close()
    return len(sink.mails[0].raw)


def forget_peak(service: Service) -> None:
    """VmHWM counts from now on (proc(5), clear_refs)."""
    Path(f"/proc/{service.pid}/clear_refs").write_text("5")


@contextmanager
def smtp_sink() -> Iterator[int]:
    """The port of Postfix's sink, which takes mail and throws it away."""
    port = free_port()
    program = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise SystemExit("bench: no smtp-sink found; run ops/install peers")
    # It refuses to be root.
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [program, *user, f"127.0.0.1:{port}", "1000"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        eventually(lambda: process.poll() is not None or listens(port), "smtp-sink listening")
        if process.poll() is not None:
            raise RuntimeError(f"smtp-sink ended with {process.returncode}")
        yield port
    finally:
        process.terminate()
        process.wait(10)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def smtp_source(port: int, sessions: int, count: int, size: int, seconds: float) -> float:
    """Messages per second of Postfix's source, connections kept."""
    program = shutil.which("smtp-source", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program is not None
    start = time.monotonic()
    subprocess.run(
        [program, "-d", "-s", str(sessions), "-m", str(count), "-l", str(size),
         "-f", "no-reply@bench.example", "-t", "somebody@bench.example", f"127.0.0.1:{port}"],
        check=True, capture_output=True, timeout=60 + seconds,
    )  # fmt: skip
    return count / (time.monotonic() - start)
