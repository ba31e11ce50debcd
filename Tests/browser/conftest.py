"""`rekey dev` with a directory of its own, and a headless Chromium that is watched."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from installation import BINARY, ROOT
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright
from polling import eventually

SCREENSHOTS = ROOT / "test-output"


@dataclass
class Dev:
    """Where everything is, as `rekey dev` says once it is up."""

    app: str
    mailbox: str
    public: str
    internal: str
    caller_key: str


@pytest.fixture(scope="session")
def dev() -> Iterator[Dev]:
    # PostgreSQL's unprivileged user has to get in, so not below pytest's private directory.
    directory = Path(tempfile.mkdtemp(prefix="rekey-browser-"))
    directory.chmod(0o755)
    ready, log = directory / "ready.json", directory / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(BINARY), "dev", "--directory", str(directory / "state"),
             "--ready-file", str(ready), "--port-base", "0"],
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        eventually(lambda: _is_up(process, ready, log), "rekey dev up", 60)
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
    program = os.environ.get("REKEY_CHROMIUM") or shutil.which("chromium")
    assert program, "no chromium: run ops/install browser"
    with sync_playwright() as playwright:
        # Its sandbox cannot be had as root, and here it only meets our own pages.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """A person at a browser, and everything that the browser did on the wire."""

    page: Page
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _shots: int = 0

    def shoot(self, name: str) -> None:
        SCREENSHOTS.mkdir(exist_ok=True)
        self._shots += 1
        self.page.screenshot(path=SCREENSHOTS / f"{self._shots:02}-{name}.png", full_page=True)

    def heading(self) -> str:
        headings = self.page.locator("h1")
        assert headings.count() == 1
        return headings.inner_text()

    def check_basics(self) -> None:
        """What every page owes to those who cannot see it."""
        page = self.page
        assert page.locator("html").get_attribute("lang"), page.url
        assert page.title().strip(), page.url
        assert page.locator("h1").count() == 1, page.url
        assert page.locator("main").count() == 1, page.url
        fields = page.locator("input:not([type=hidden])")
        for index in range(fields.count()):
            assert fields.nth(index).evaluate("field => field.labels.length") == 1, page.url
        for index in range(page.locator("button").count()):
            assert page.locator("button").nth(index).inner_text().strip(), page.url


def _visitor(context: BrowserContext) -> Visitor:
    visitor = Visitor(context.new_page())
    context.on("request", visitor.requests.append)
    context.on("console", lambda message: _complain(visitor, message.type, message.text))
    context.on("weberror", lambda error: visitor.complaints.append(str(error.error)))
    return visitor


def _complain(visitor: Visitor, kind: str, text: str) -> None:
    """A page that answers with an error status is told so by the browser itself."""
    if kind in ("error", "warning") and "Failed to load resource: the server responded" not in text:
        visitor.complaints.append(text)


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def visitor(request: pytest.FixtureRequest, chromium: Browser, dev: Dev) -> Iterator[Visitor]:
    context = chromium.new_context(java_script_enabled=request.param == "with JavaScript")
    made = _visitor(context)
    yield made
    context.close()
    check_wire(made, dev)


def check_wire(visitor: Visitor, dev: Dev) -> None:
    """Nothing left this machine, no token was in a Referer, nothing was complained about."""
    hosts = {
        "/".join(url.split("/")[:3]) for url in (dev.app, dev.mailbox, dev.public, dev.internal)
    }
    for request in visitor.requests:
        url = request.url
        assert url.startswith(("data:", "about:")) or "/".join(url.split("/")[:3]) in hosts, url
        referer = request.all_headers().get("referer", "")
        assert "token" not in referer, (url, referer)
    internal = [one.url for one in visitor.requests if one.url.startswith(dev.internal)]
    assert internal == [], "a browser has no business at the internal listener"
    assert visitor.complaints == []
