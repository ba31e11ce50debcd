"""`rekey-dev` with a directory of its own, and a headless Chromium that is watched."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import DEV_BINARY
from playwright.sync_api import Browser, sync_playwright
from polling import eventually
from visitor import Dev, Visitor, check_wire, watched_visitor


@pytest.fixture(scope="session")
def dev() -> Iterator[Dev]:
    # PostgreSQL's unprivileged user has to get in, so not below pytest's private directory.
    directory = Path(tempfile.mkdtemp(prefix="rekey-browser-"))
    directory.chmod(0o755)
    ready, log = directory / "ready.json", directory / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(DEV_BINARY), "--directory", str(directory / "state"),
             "--ready-file", str(ready), "--port-base", "0"],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        eventually(lambda: _is_up(process, ready, log), "rekey-dev up", 60)
        known = json.loads(ready.read_text())
        yield Dev(**{name: known[name] for name in Dev.__dataclass_fields__})
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(30)
        text = log.read_text(errors="replace")
        shutil.rmtree(directory)
    assert code == 0, f"exit code {code} on Ctrl-C:\n{text[-3000:]}"


def _is_up(process: subprocess.Popen, ready: Path, log: Path) -> bool:
    assert process.poll() is None, log.read_text(errors="replace")[-3000:]
    try:
        json.loads(ready.read_text())
    except (OSError, ValueError):
        return False
    return True


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's, not one that Playwright downloads."""
    program = os.environ.get("REKEY_TEST_CHROMIUM") or shutil.which("chromium")
    assert program, "no chromium: run ops/install browser"
    with sync_playwright() as playwright:
        # Its sandbox cannot be had as root, and here it only meets our own pages.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def visitor(request: pytest.FixtureRequest, chromium: Browser, dev: Dev) -> Iterator[Visitor]:
    context = chromium.new_context(java_script_enabled=request.param == "with JavaScript")
    story = re.sub(r"\W+", "-", request.node.name).strip("-")
    made = watched_visitor(context, story)
    yield made
    try:
        check_wire(made, dev)
    finally:
        context.close()
