"""A private PgBouncer in transaction mode, in front of a cluster. It refuses to run as root."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from database import ROLE_PASSWORD
from polling import eventually
from ports import free_port

PROGRAM = "/usr/sbin/pgbouncer"
CONFIGURATION = """
[databases]
* = host={host} port={port}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen_port}
unix_socket_dir =
auth_type = trust
auth_file = {directory}/users
admin_users = {owner}
pool_mode = {pool_mode}
default_pool_size = {pool_size}
max_client_conn = 400
logfile = {directory}/log
pidfile = {directory}/pid
"""


class PgBouncer:
    """Running once made. Other users than the cluster's owner and the tests' role are `users`."""

    def __init__(
        self, cluster_url: str, pool_mode: str = "transaction", pool_size: int = 3, **users: str
    ):
        self.port = free_port()
        self._cluster = urlsplit(cluster_url)
        self.directory = Path(tempfile.mkdtemp(prefix="rekey-pgbouncer-"))
        owner = self._cluster.username or "postgres"
        passwords = {owner: self._cluster.password, "rekey_test_all": ROLE_PASSWORD, **users}
        self._configure(owner, passwords, pool_mode, pool_size)
        self.start()

    def through(self, database_url: str) -> str:
        """The same database and user, by way of this."""
        parts = urlsplit(database_url)
        login = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{login}@127.0.0.1:{self.port}"))

    def show(self, what: str) -> list[dict[str, Any]]:
        """A table of its console, such as POOLS, STATS or SERVERS."""
        url = self.through(urlunsplit(self._cluster._replace(path="/pgbouncer")))
        # The console knows no prepared statements and no transactions.
        with psycopg.connect(url, autocommit=True, cursor_factory=psycopg.ClientCursor) as admin:
            cursor = admin.execute(f"SHOW {what}")
            names = [column.name for column in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def stop(self) -> None:
        """Ends at once, with every connection."""
        self._process.terminate()
        self._process.wait(10)

    def start(self) -> None:
        self._process = self._launch()
        try:
            eventually(self._is_up, "PgBouncer")
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.directory)

    def _configure(
        self, owner: str, passwords: dict[str, str | None], pool_mode: str, pool_size: int
    ) -> None:
        (self.directory / "pgbouncer.ini").write_text(
            CONFIGURATION.format(
                host=self._cluster.hostname, port=self._cluster.port, listen_port=self.port,
                directory=self.directory, owner=owner, pool_mode=pool_mode, pool_size=pool_size,
            )
        )  # fmt: skip
        lines = [f'"{user}" "{password or ""}"\n' for user, password in passwords.items()]
        (self.directory / "users").write_text("".join(lines))
        if os.geteuid() == 0:
            for path in (self.directory, *self.directory.iterdir()):
                shutil.chown(path, "postgres", "postgres")

    def _launch(self) -> subprocess.Popen[bytes]:
        is_root = os.geteuid() == 0
        return subprocess.Popen(
            [PROGRAM, "--quiet", str(self.directory / "pgbouncer.ini")],
            user="postgres" if is_root else None, group="postgres" if is_root else None,
            extra_groups=[] if is_root else None, cwd=self.directory, env={},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def _is_up(self) -> bool:
        log = self.directory / "log"
        assert self._process.poll() is None, log.read_text() if log.exists() else "no log"
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True
