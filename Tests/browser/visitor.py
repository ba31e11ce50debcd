"""A person at a browser, and everything that the browser did on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field

from installation import ROOT
from playwright.sync_api import BrowserContext, Page, Request

SCREENSHOTS = ROOT / "test-output"


@dataclass
class Dev:
    """Where everything is, as `rekey-dev` says once it is up."""

    app: str
    mailbox: str
    public: str
    internal: str
    caller_key: str


@dataclass
class Visitor:
    """A person at a browser, and everything that the browser did on the wire."""

    page: Page
    story: str
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    _shots: int = 0

    def shoot(self, name: str) -> None:
        folder = SCREENSHOTS / self.story
        folder.mkdir(parents=True, exist_ok=True)
        self._shots += 1
        self.page.screenshot(path=folder / f"{self._shots:02}-{name}.png", full_page=True)

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


def watched_visitor(context: BrowserContext, story: str) -> Visitor:
    visitor = Visitor(context.new_page(), story)
    context.on("request", lambda request: visitor.requests.append(request))
    context.on("console", lambda message: _complain(visitor, message.type, message.text))
    context.on("weberror", lambda error: visitor.complaints.append(str(error.error)))
    return visitor


def _complain(visitor: Visitor, kind: str, text: str) -> None:
    """A page that answers with an error status is told so by the browser itself."""
    if kind in ("error", "warning") and "Failed to load resource: the server responded" not in text:
        visitor.complaints.append(text)


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
