"""Private PostgreSQL clusters: made in a directory, started on a free port, killed, started again.

As a program, for the shell: `cluster.py directory` makes a directory for one; `cluster.py start
DIRECTORY` makes and starts a cluster and prints its superuser URL; `cluster.py stop DIRECTORY`
stops it. Needs nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = on
synchronous_commit = on
max_connections = 400
shared_buffers = 64MB
max_wal_size = 512MB
wal_level = replica
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.max = 10000
pg_stat_statements.track = all
log_min_messages = warning
"""
MEMORY = Path("/dev/shm")
ROOM = 1_500_000_000


def _programs() -> Path:
    """Where initdb and pg_ctl are: Debian keeps them off the PATH, by version."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: int(path.parts[-3]), default=None)
    if newest is not None:
        return newest.parent
    on_path = shutil.which("initdb")
    if on_path is None:
        raise SystemExit("cluster: no PostgreSQL server found; run ops/install")
    return Path(on_path).resolve().parent


def _free_port() -> int:
    """Below the range of outgoing connections, so that a restarted server gets it again."""
    while True:
        port = random.randrange(30_600, 32_700)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Cluster:
    """One cluster in one directory, running or not. PostgreSQL refuses to run as root."""

    def __init__(self, directory: Path):
        self.directory = directory
        self.data = directory / "data"

    @property
    def url(self) -> str:
        return (self.directory / "url").read_text().strip()

    @property
    def pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text().split("\n")[0])

    def create(self) -> Cluster:
        self.directory.mkdir(exist_ok=True)
        self.directory.chmod(0o700)
        if os.geteuid() == 0:
            shutil.chown(self.directory, "postgres", "postgres")
        password = secrets.token_hex(16)
        # Nobody else gets into the directory; once there, the file may be read by its owner.
        password_file = self.directory / "password"
        password_file.write_text(password + "\n")
        self.run(
            "initdb", "--pgdata", str(self.data), "--username", "postgres", "--no-sync",
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8",
            "--pwfile", str(password_file),
        )  # fmt: skip
        port = _free_port()
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(f"{SETTINGS}port = {port}\n")
        url = f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres"
        (self.directory / "url").write_text(url + "\n")
        return self

    def start(self) -> Cluster:
        self._control("start", "--wait", "--timeout", "60", "--log", f"{self.directory}/log")
        return self

    def stop(self) -> None:
        if (self.data / "postmaster.pid").exists():
            self._control("stop", "--mode", "immediate", "--wait")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.directory)

    def kill(self) -> None:
        """kill -9 of the postmaster and its children, as an out-of-memory killer would."""
        postmaster = self.pid
        # Halted first, or it could fork one more between the listing and the kill, and that one
        # would hold the shared memory that the next start wants.
        os.kill(postmaster, signal.SIGSTOP)
        while _state(postmaster) not in "TZ":
            # The kernel tells nobody when a process has stopped.
            time.sleep(0.001)
        processes = [postmaster, *_children(postmaster)]
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(_runs(process) for process in processes):
            # Only its parent is told of a process's end.
            time.sleep(0.005)
        # In a container nobody may reap the dead, and a new postmaster would take them for alive.
        (self.data / "postmaster.pid").unlink()

    def _control(self, *arguments: str) -> None:
        self.run("pg_ctl", "--pgdata", str(self.data), "--silent", *arguments)

    def run(self, program: str, *arguments: str, may_fail: bool = False) -> bytes:
        """What one of PostgreSQL's programs prints, run as the user who owns the cluster."""
        command = [str(_programs() / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "--user", "postgres", "--", *command]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, cwd=self.directory, check=False, capture_output=True
        )
        if done.returncode != 0 and not may_fail:
            log = self.directory / "log"
            tail = log.read_text()[-2000:] if log.exists() else ""
            raise RuntimeError(f"{program} failed: {done.stderr.decode()[-2000:]}{tail}")
        return done.stdout


def _children(parent: int) -> list[int]:
    children = []
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            found = re.search(r"^PPid:\s+(\d+)$", status.read_text(), re.MULTILINE)
        except OSError:
            continue
        if found and int(found[1]) == parent:
            children.append(int(status.parent.name))
    return children


def _state(process: int) -> str:
    """The letter that ps shows; Z for one that is gone."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def _runs(process: int) -> bool:
    return _state(process) != "Z"


def quick_directory() -> Path:
    """A directory in memory if there is room for it. Each database that is dropped waits for a
    checkpoint, so on a disk tests wait for its syncs longer than for anything else; what a test
    sees of them is the same, also when processes are killed."""
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    return _make_directory(MEMORY if has_room else None)


def _make_directory(parent: Path | None = None) -> Path:
    return Path(tempfile.mkdtemp(prefix="rekey-postgres-", dir=parent))


def temporary_cluster(make_directory: Callable[[], Path] = _make_directory) -> Cluster:
    """A new, running cluster in a directory that its unprivileged user can reach."""
    while True:
        made = Cluster(make_directory()).create()
        try:
            return made.start()
        except RuntimeError as error:
            made.remove()
            # Somebody else has taken the port since it was found free.
            if "Address already in use" not in str(error):
                raise


def main() -> None:
    match sys.argv[1:]:
        case ["directory"]:
            print(quick_directory())
        case ["start", directory]:
            print(Cluster(Path(directory)).create().start().url)
        case ["stop", directory]:
            Cluster(Path(directory)).stop()
        case _:
            raise SystemExit("usage: cluster.py directory | start DIRECTORY | stop DIRECTORY")


if __name__ == "__main__":
    main()
