"""Mails and pages of one's own: a typing error goes live nowhere, a language is files alone."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from caller import new_address
from installation import Installation
from pages import Page, press_only_button
from polling import eventually
from service import Service, mailed_token
from template_folder import copy_templates

ERRORS = [
    (
        "pages/en/dead.mustache", 'value="{{token}}"', 'value="{{tokken}}"',
        "pages/en/dead.mustache line 6: uses {{tokken}}; known are ",
    ),
    (
        "pages/en/dead.mustache", "{{>moment}}", "{{when}}",
        "pages/en/dead.mustache line 1: uses {{when}}; known are day, year, time, ",
    ),
    (
        "pages/en/dead.mustache", "{{#used}}", "{{#usd}}",
        "pages/en/dead.mustache line 1: has a section on {{usd}}; only ",
    ),
    (
        "pages/en/limited.mustache", "{{minutes}}", "{{minute}}",
        "pages/en/limited.mustache line 1: uses {{minute}}; known is minutes alone",
    ),
    (
        "mail/en/link.txt.mustache", "{{minutes}}", "{{minuts}}",
        "mail/en/link.txt.mustache line 8: uses {{minuts}}; known are brand, link, minutes and ",
    ),
]  # fmt: skip


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize(("file", "old", "new", "problem"), ERRORS)
def test_a_typing_error_stops_the_start(
    rekey: Installation, file: str, old: str, new: str, problem: str
):
    copy_templates(rekey)
    change(rekey.directory / "templates" / file, old, new)
    done = rekey.run("serve")
    assert done.returncode == 78
    assert f"templates.directory: {problem}" in done.stderr


def test_a_missing_page_stops_the_start(rekey: Installation):
    copy_templates(rekey)
    (rekey.directory / "templates/pages/en/unknown.mustache").unlink()
    done = rekey.run("serve")
    assert done.returncode == 78
    assert "templates.directory: pages/en/unknown.mustache: does not exist" in done.stderr


def refusals(service: Service) -> list[tuple[str, str]]:
    """What was not reloaded, and why."""
    lines = [one for one in service.log_lines() if one["message"].startswith("not reloaded")]
    return [(one["part"], one["error"]) for one in lines]


def reloaded(service: Service, part: str) -> int:
    lines = [one for one in service.log_lines() if one["message"] == "reloaded"]
    return sum(one["part"] == part for one in lines)


@pytest.mark.parametrize("kind", ["a file", "a link to nowhere"])
def test_pages_that_are_no_folder_stop_the_start(rekey: Installation, kind: str):
    copy_templates(rekey)
    pages = rekey.directory / "templates/pages"
    shutil.rmtree(pages)
    if kind == "a file":
        pages.write_text("")
    else:
        pages.symlink_to(rekey.directory / "none")
    done = rekey.run("serve")
    assert done.returncode == 78
    assert re.search(r"templates.directory: pages: (is not a folder|does not exist)", done.stderr)


def test_pages_that_are_gone_at_a_reload_stay_in_use(rekey: Installation):
    copy_templates(rekey)
    change(rekey.directory / "templates/pages/en/unknown.mustache", "does not work", "is ours")
    service = rekey.serve()
    shutil.rmtree(rekey.directory / "templates/pages")
    service.hang_up()
    assert eventually(lambda: refusals(service), "a refusal") == [
        ("pages", "templates.directory: pages: does not exist")
    ]
    assert "is ours" in service.open_link("x").text


def test_a_reload_keeps_the_last_good_page_and_takes_the_mended_mail(rekey: Installation):
    folder = copy_templates(rekey)
    service = rekey.serve()
    page = folder.parents[1] / "pages/en/unknown.mustache"
    change(page, "This link does not work", "{{nothing}}")
    change(folder / "link.subject.mustache", "Choose a new password", "Of our own")
    service.hang_up()
    eventually(lambda: reloaded(service, "mails"), "reloaded mails")
    assert refusals(service) == [
        (
            "pages",
            "templates.directory: pages/en/unknown.mustache line 1: uses {{nothing}}; known is "
            "none here",
        )
    ]
    assert Page(service.open_link("x")).headings == ["This link does not work"]
    address = new_address()
    mailed_token(service, address)
    mail = rekey.mailbox.mail_to(address)
    assert mail.message["subject"].startswith("Of our own")

    change(page, "{{nothing}}", "Not this one")
    change(folder / "link.subject.mustache", "{{brand}}", "{{brnd}}")
    service.hang_up()
    eventually(lambda: reloaded(service, "pages"), "reloaded pages")
    eventually(lambda: len(refusals(service)) == 2, "refused mails")
    assert "mail/en/link.subject.mustache line 1: uses {{brnd}}" in refusals(service)[1][1]
    assert Page(service.open_link("x")).headings == ["Not this one"]


# As English names them, and German where it differs.
MONTHS = {
    "January": "Januar", "February": "Februar", "March": "März", "May": "Mai", "June": "Juni",
    "July": "Juli", "October": "Oktober", "December": "Dezember",
}  # fmt: skip


def add_german(folder: Path) -> None:
    """A whole language by files alone."""
    for sort in ("mail", "pages"):
        shutil.copytree(folder / sort / "en", folder / sort / "de")
        for file in (folder / sort / "de").iterdir():
            text = file.read_text().replace('lang="en"', 'lang="de"')
            file.write_text(text.replace("Choose a new password", "Neues Passwort"))
    pages = folder / "pages/de"
    change(pages / "dead.mustache", "This link has been used", "Dieser Link ist verbraucht")
    change(pages / "unknown.mustache", "This link does not work", "Dieser Link geht nicht")
    change(pages / "on_its_way.mustache", "A new mail is on its way", "Eine Mail ist unterwegs")
    for month, name in MONTHS.items():
        change(pages / "moment.mustache", f"}}}}{month}{{{{", f"}}}}{name}{{{{")
    change(pages / "moment.mustache", "{{day}}", "{{day}}.")
    change(pages / "moment.mustache", "at {{time}}", "um {{time}} Uhr")


def test_a_language_is_added_by_files_alone(rekey: Installation):
    folder = copy_templates(rekey).parents[1]
    add_german(folder)
    service = rekey.serve()
    address = new_address()
    token = mailed_token(service, address, locale="de-AT")
    mail = rekey.mailbox.mail_to(address)
    assert mail.message["subject"].startswith("Neues Passwort")
    assert service.caller.consume(token).status == 200

    # The request's language goes before the browser's.
    dead = service.open_link(token, Accept_Language="fr, en;q=0.9")
    assert (dead.status, dead.header("content-language")) == (410, "de")
    page = Page(dead)
    assert page.headings == ["Dieser Link ist verbraucht"]
    assert page.attribute("html", "lang") == ["de"]
    assert re.search(r" \d{1,2}\. \w+ \d{4} um \d\d:\d\d Uhr UTC", page.text)
    service.installation.database.execute("DELETE FROM rekey.rate_limit")
    sent = press_only_button(service.public, page, Accept_Language="en")
    assert Page(sent).headings == ["Eine Mail ist unterwegs"]


@pytest.mark.parametrize(
    ("accepted", "language", "heading"),
    [
        ("de-AT, en;q=0.5", "de", "Dieser Link geht nicht"),
        ("fr;q=0.9, de;q=0.1", "de", "Dieser Link geht nicht"),
        ("en, de", "en", "This link does not work"),
        ("de;q=0", "en", "This link does not work"),
        ("de;;", "en", "This link does not work"),
        ("../de", "en", "This link does not work"),
    ],
)
def test_a_page_without_a_request_is_in_the_browsers_language(
    rekey: Installation, accepted: str, language: str, heading: str
):
    add_german(copy_templates(rekey).parents[1])
    service = rekey.serve("--no-worker")
    answer = service.open_link("x", Accept_Language=accepted)
    assert answer.header("content-language") == language
    assert Page(answer).headings == [heading]


def test_half_a_language_stops_the_start(rekey: Installation):
    folder = copy_templates(rekey).parents[1]
    add_german(folder)
    (folder / "pages/de/limited.mustache").unlink()
    done = rekey.run("serve")
    assert done.returncode == 78
    assert "templates.directory: pages/de/limited.mustache: does not exist" in done.stderr
