"""`rekey-dev` types what an operator types, begins where it may, and leaves nothing running."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import BINARY, DEV_BINARY, ROOT
from polling import eventually

TYPED = ["keys", "callers", "migrate", "psql", "psql", "serve"]


def run_dev(*arguments: str, deadline: float = 60.0) -> subprocess.CompletedProcess[str]:
    """One run to its end."""
    return subprocess.run(
        [str(DEV_BINARY), *arguments], timeout=deadline, cwd=ROOT, env={}, check=False,
        stdin=subprocess.DEVNULL, capture_output=True, text=True,
    )  # fmt: skip


def commands(text: str) -> list[list[str]]:
    """What was typed, in words; `rekey` itself left out."""
    lines = [shlex.split(line[2:]) for line in text.splitlines() if line.startswith("$ ")]
    return [line[1:] if line[0] == "rekey" else line for line in lines if line[0] != "alias"]


class Dev:
    """A run that stays until it is stopped."""

    def __init__(self, directory: Path):
        self.directory = directory / "state"
        self.output, self.ready = directory / "output", directory / "ready.json"
        self.ready.unlink(missing_ok=True)
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [str(DEV_BINARY), "--directory", str(self.directory), "--port-base", "0",
                 "--ready-file", str(self.ready)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=ROOT,
            )  # fmt: skip
        eventually(self._is_ready, "rekey-dev up", 60)

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, self.text
        return self.ready.exists()

    @property
    def text(self) -> str:
        return self.output.read_text(errors="replace")

    @property
    def postmaster(self) -> int:
        file = self.directory / "postgres/data/postmaster.pid"
        return int(file.read_text().split("\n")[0])

    @property
    def serving(self) -> int:
        parent = f"PPid:\t{self.process.pid}\n"
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                arguments = (folder / "cmdline").read_bytes().split(b"\0")
                if b"serve" in arguments and parent in (folder / "status").read_text():
                    return int(folder.name)
            except OSError:
                continue
        raise AssertionError("rekey serve does not run")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)


@pytest.fixture
def place() -> Iterator[Path]:
    # PostgreSQL's unprivileged user has to get in, so not below pytest's private directory.
    with tempfile.TemporaryDirectory(prefix="rekey-dev-test-") as made:
        os.chmod(made, 0o755)
        yield Path(made)


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("reset", [[], ["--reset"]], ids=["start", "reset"])
@pytest.mark.parametrize("name", ["accounts.jsonl", "postgres/mine", "lock", "rekey.yaml"])
def test_a_directory_of_somebody_else_is_refused(tmp_path: Path, name: str, reset: list[str]):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine")
    done = run_dev("--walk", "--directory", str(tmp_path), *reset)
    assert done.returncode == 1
    assert f"{tmp_path}/{name.split('/')[0]} was not made by rekey-dev" in done.stderr
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [file]
    assert file.read_text() == "mine"


def test_a_ready_file_in_no_folder_is_refused_before_anything_starts(tmp_path: Path):
    ready = tmp_path / "no" / "ready.json"
    directory = tmp_path / "dev"
    done = run_dev("--directory", str(directory), "--ready-file", str(ready))
    assert done.returncode == 1
    assert str(ready) in done.stderr
    assert not (directory / "postgres").exists()


def test_help_goes_to_stdout_and_has_an_example():
    done = run_dev("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert "USAGE" in done.stdout.upper() and "EXAMPLE" in done.stdout.upper()
    assert "rekey-dev --walk" in done.stdout


def test_a_walk_types_what_the_readme_says_and_every_step_holds():
    done = run_dev("--walk")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\nall \d+ steps held\n$", done.stdout)
    assert [line[0] for line in commands(done.stderr)] == TYPED
    assert not re.search(r"[A-Za-z0-9_-]{43}", done.stderr), "a key is on the terminal"


def test_data_is_kept_and_only_the_rest_is_typed_until_a_reset(place: Path):
    first = Dev(place)
    key = json.loads(first.ready.read_text())["caller_key"]
    assert (first.directory / "demo.key").read_text().strip() == key
    assert key not in first.text
    private = {one.name for one in first.directory.iterdir() if one.is_file()}
    assert {stat.S_IMODE((first.directory / one).stat().st_mode) for one in private} == {0o600}
    assert first.stop() == 0
    second = Dev(place)
    assert [line[0] for line in commands(second.text)] == ["migrate", "psql", "serve"]
    assert json.loads(second.ready.read_text())["caller_key"] == key
    assert second.stop() == 0
    done = run_dev("--walk", "--reset", "--directory", str(second.directory))
    assert done.returncode == 0, done.stderr
    assert [line[0] for line in commands(done.stderr)] == TYPED
    assert (second.directory / "demo.key").read_text().strip() != key


@pytest.mark.parametrize(
    ("victim", "words"),
    [("serving", "rekey serve has ended by itself: "),
     ("postmaster", "PostgreSQL has ended by itself: ")],
)  # fmt: skip
def test_when_one_ends_by_itself_everything_stops_and_says_so(place: Path, victim: str, words: str):
    dev = Dev(place)
    pids = [dev.serving, dev.postmaster]
    os.kill(getattr(dev, victim), signal.SIGINT if victim == "postmaster" else signal.SIGKILL)
    assert dev.process.wait(60) == 1
    assert words in dev.text
    assert not any(runs(pid) for pid in pids)


def test_a_kill_leaves_nothing_that_runs_and_nothing_in_the_way(place: Path):
    dev = Dev(place)
    pids = [dev.serving, dev.postmaster]
    dev.process.kill()
    dev.process.wait()
    again = Dev(place)
    assert not any(runs(pid) for pid in pids)
    assert again.stop() == 0


@pytest.mark.parametrize("name", [b"7DemoApp", b"8MailSink", b"EVP_PBE_scrypt"])
def test_the_daemon_links_no_demo_no_mailbox_and_no_password_hash(name: bytes):
    """Names as they stand in symbols, and in metadata where these have been stripped."""
    assert name in DEV_BINARY.read_bytes()
    assert name not in BINARY.read_bytes()
