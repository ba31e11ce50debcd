"""One program with a database, keys and a caller of its own; two of them stand side by side."""

from __future__ import annotations

import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

from delivery_rig import first_id  # Makes the modules of the tests importable; so it comes first.

# isort: split
from caller import Caller
from cluster import Cluster
from database import Database
from minting import mint
from ports import free_port
from wrk import Result, run_wrk

EVER = datetime.fromtimestamp(0, timezone.utc)


@dataclass
class Serving:
    """A process that is ready."""

    process: subprocess.Popen
    internal: str
    public: str
    key: str

    @property
    def caller(self) -> Caller:
        parts = urlsplit(self.internal)
        return Caller((parts.hostname or "", parts.port or 0), self.key, set())


class Side:
    """Runs as the owner of its database, which roles would change nothing about."""

    def __init__(self, name: str, binary: str, directory: Path, cluster: Cluster):
        directory.mkdir()
        self.name, self.binary, self.directory = name, binary, directory
        self.database = Database(cluster.url)
        self.database.__enter__()
        self.environment = {
            "PATH": os.environ["PATH"],
            "REKEY_DATABASE_URL": self.database.owner_url,
            "REKEY_PUBLIC_URL": "http://127.0.0.1:1",
            "REKEY_CONTINUE_URL": "http://127.0.0.1:1/{token}",
            "REKEY_KEYRING_FILE": str(directory / "keyring"),
            "REKEY_CALLERS_FILE": str(directory / "callers"),
            "REKEY_MAIL_FROM": "no-reply@bench.example",
            "REKEY_MAIL_TRANSPORTS": "smtp://127.0.0.1:9",
        }
        self.run("migrate")
        self.run("keys", "init")
        self.key = self.run("callers", "add", "bench").strip()

    def run(self, *arguments: str) -> str:
        return subprocess.run(
            [self.binary, *arguments], env=self.environment, check=True, capture_output=True,
            text=True, timeout=900,
        ).stdout  # fmt: skip

    # Processes

    @contextmanager
    def serve(self, *arguments: str, **settings: str) -> Iterator[Serving]:
        with self._process("serve", *arguments, **settings) as serving:
            yield serving

    @contextmanager
    def work(self, **settings: str) -> Iterator[Serving]:
        with self._process("work", **settings) as working:
            yield working

    @contextmanager
    def _process(self, *arguments: str, **settings: str) -> Iterator[Serving]:
        internal, public = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
        environment = {**self.environment, "REKEY_LISTEN_INTERNAL": internal,
                       "REKEY_LISTEN_PUBLIC": public, **settings}  # fmt: skip
        log = self.directory / f"{arguments[0]}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [self.binary, *arguments], env=environment, stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        try:
            serving = Serving(process, f"http://{internal}", f"http://{public}", self.key)
            self._wait_until_ready(serving, log)
            yield serving
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)

    def _wait_until_ready(self, serving: Serving, log: Path) -> None:
        end = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(f"{serving.internal}/readyz"):
                    return
            except OSError:
                if serving.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(
                        f"rekey ({self.name}) does not become ready: {log.read_text()[-600:]}"
                    ) from None
                time.sleep(0.02)

    # Load

    def wrk(
        self, serving: Serving, script: str, path: str, seconds: int, connections: int = 64,
        public: bool = False, **environment: str,
    ) -> Result:  # fmt: skip
        address = serving.public if public else serving.internal
        return run_wrk(self.name, script, address + path, seconds, connections,
                       REKEY_BENCH_KEY=self.key, **environment)  # fmt: skip

    def ask(self, serving: Serving, seconds: int, connections: int = 64) -> Result:
        """Requests of distinct addresses, as fast as they are answered."""
        return self.wrk(serving, "distinct_addresses.lua", "/reset/request", seconds, connections)

    def consume(self, serving: Serving, tokens: Path, seconds: int) -> float:
        """Uses these tokens up, and says how many a second, by the times that stand in the rows."""
        since = self.database.value("SELECT clock_timestamp()")
        self.wrk(serving, "consume_once.lua", "", seconds, REKEY_BENCH_TOKENS=str(tokens))
        query = """SELECT count(*) AS count,
                          extract(epoch FROM max(consumed_at) - min(consumed_at))::float8 AS seconds
                   FROM rekey.reset_request WHERE consumed_at >= %s AND id >= %s"""
        (found,) = self.database.rows(query, [since, first_id(since - timedelta(hours=1))])
        return found["count"] / (found["seconds"] or 1)

    # What it has stored

    def make_tokens(self, serving: Serving, count: int) -> Path:
        """A file with the tokens of so many new requests or some more, one a line."""
        since = self.database.value("SELECT clock_timestamp()")
        query = "SELECT count(*) FROM rekey.reset_request WHERE id >= %s"
        while (made := self.database.value(query, [first_id(since)])) < count:
            self.ask(serving, 1 if count - made < 8_000 else 3)
        return self.write_tokens(since)

    def write_tokens(self, since: datetime = EVER) -> Path:
        """A file with the tokens of all requests since then that are not used up."""
        query = (
            "SELECT id FROM rekey.reset_request WHERE id >= %s AND consumed_at IS NULL ORDER BY id"
        )
        keyring = Path(self.environment["REKEY_KEYRING_FILE"])
        path = self.directory / f"tokens-{time.monotonic_ns()}"
        with path.open("w") as file:
            for row in self.database.rows(query, [first_id(since)]):
                file.write(mint(keyring, row["id"]) + "\n")
        return path

    def empty_outbox(self) -> None:
        self.database.execute("DELETE FROM rekey.outbox")
        self.tidy("outbox")

    def tidy(self, *tables: str) -> None:
        for table in tables or ("outbox", "reset_request"):
            self.database.execute(f"VACUUM (ANALYZE) rekey.{table}")

    def close(self) -> None:
        self.database.__exit__()
