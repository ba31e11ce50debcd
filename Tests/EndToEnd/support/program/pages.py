"""A page as a person meets it: its title, its text, its links and its forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

from http_client import Answer, send

SKIPPED = {"style", "title"}


@dataclass
class Form:
    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    def __init__(self, answer: Answer):
        super().__init__()
        assert answer.header("content-type") == "text/html; charset=utf-8", answer.headers
        self.title = ""
        self.text = ""
        self.headings: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.forms: list[Form] = []
        self._open: list[str] = []
        self.feed(answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self._open.append(tag)
        self.attributes += [(tag, name, value) for name, value in values.items()]
        if tag == "h1":
            self.headings.append("")
        if tag == "form":
            self.forms.append(Form(values.get("method", "get"), values.get("action", "")))
        if tag == "input":
            self.forms[-1].fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "title" in self._open:
            self.title += data
        if "h1" in self._open:
            self.headings[-1] += data
        if not SKIPPED & set(self._open):
            self.text += data

    def attribute(self, tag: str, name: str) -> list[str]:
        return [found[2] for found in self.attributes if found[:2] == (tag, name)]


def press_only_button(listener: tuple[str, int], page: Page, **headers: str) -> Answer:
    """Submits the page's form as a browser under no-referrer does: Origin is null."""
    (form,) = page.forms
    sent = {
        "Content-Type": "application/x-www-form-urlencoded",
        "Origin": "null",
        "Sec-Fetch-Site": "same-origin",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return send(listener, form.method.upper(), form.action, urlencode(form.fields), sent)
