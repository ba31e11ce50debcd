"""The user's story in a browser: forgot, mailbox, click, new password, sign in; the link again."""

from __future__ import annotations

import re
import secrets

from playwright.sync_api import expect
from visitor import Dev, Visitor

SEEDED = ("ada@example.com", "correct horse battery staple")


def sign_up(visitor: Visitor, dev: Dev) -> str:
    """An account that no other test knows; limits are per address."""
    address = f"person-{secrets.token_hex(4)}@example.com"
    page = visitor.page
    page.goto(f"{dev.app}/sign-up")
    page.fill("input[name=email]", address)
    page.fill("input[name=password]", "the first password")
    page.get_by_role("button").click()
    assert visitor.heading() == f"Signed in as {address}"
    page.get_by_role("button", name="Sign out").click()
    return address


def sign_in(visitor: Visitor, dev: Dev, address: str, password: str) -> str:
    page = visitor.page
    page.goto(f"{dev.app}/sign-in")
    page.fill("input[name=email]", address)
    page.fill("input[name=password]", password)
    page.get_by_role("button", name="Sign in").click()
    return visitor.heading()


def ask(visitor: Visitor, dev: Dev, address: str) -> None:
    page = visitor.page
    page.goto(f"{dev.app}/sign-in")
    page.get_by_role("link", name="Forgot your password?").click()
    assert visitor.heading() == "Forgot your password?"
    visitor.check_basics()
    visitor.shoot("forgot")
    page.fill("input[name=email]", address)
    page.get_by_role("button").click()
    assert visitor.heading() == "Check your mail"
    visitor.check_basics()
    visitor.shoot("check-your-mail")


def open_newest_mail(visitor: Visitor, dev: Dev, address: str) -> str:
    """The link in the mail, which is on the page by then."""
    page = visitor.page
    page.goto(dev.mailbox)
    visitor.check_basics()
    row = page.get_by_role("listitem").filter(has_text=address).first
    for _ in range(50):
        if row.count():
            break
        page.reload()
    row.get_by_role("link").click()
    visitor.check_basics()
    links = page.locator("#text a")
    expect(links).to_have_count(1)
    link = links.get_attribute("href")
    assert link
    framed = page.frame_locator("#html").locator("a")
    expect(framed).to_have_attribute("href", link)
    visitor.shoot("mail")
    assert re.fullmatch(re.escape(dev.public) + r"/reset/verify\?token=[\w-]{72}", link)
    return link


def test_a_forgotten_password_is_replaced_by_way_of_a_mailed_link(visitor: Visitor, dev: Dev):
    address = sign_up(visitor, dev)
    page = visitor.page
    ask(visitor, dev, address)
    link = open_newest_mail(visitor, dev, address)

    page.locator("#text a").click()
    assert visitor.heading() == "Choose a new password"
    assert page.url.startswith(dev.app)
    visitor.check_basics()
    visitor.shoot("new-password")
    page.fill("input[name=password]", "a second password")
    page.get_by_role("button").click()
    assert visitor.heading() == "Sign in"
    assert "changed" in page.get_by_role("status").inner_text()
    visitor.shoot("changed")

    assert sign_in(visitor, dev, address, "the first password") == "Sign in"
    assert sign_in(visitor, dev, address, "a second password") == f"Signed in as {address}"
    visitor.check_basics()
    visitor.shoot("signed-in")

    page.goto(link)
    assert "used" in visitor.heading()
    visitor.check_basics()
    visitor.shoot("dead-link")
    # The app named the account, and may name another address for it by now: only it can ask anew.
    assert page.get_by_role("button").count() == 0


def test_opening_the_link_and_leaving_again_uses_nothing(visitor: Visitor, dev: Dev):
    """What a mail scanner does: it opens, runs what there is, and submits nothing."""
    address = sign_up(visitor, dev)
    ask(visitor, dev, address)
    link = open_newest_mail(visitor, dev, address)
    for _ in range(3):
        visitor.page.goto(link)
        assert visitor.heading() == "Choose a new password"
    visitor.page.fill("input[name=password]", "a third password")
    visitor.page.get_by_role("button").click()
    assert sign_in(visitor, dev, address, "a third password") == f"Signed in as {address}"


def test_an_unknown_address_sees_the_same_page_and_gets_no_mail(visitor: Visitor, dev: Dev):
    stranger = f"nobody-{secrets.token_hex(4)}@example.com"
    ask(visitor, dev, stranger)
    known = sign_up(visitor, dev)
    ask(visitor, dev, known)
    open_newest_mail(visitor, dev, known)
    visitor.page.goto(dev.mailbox)
    assert visitor.page.get_by_text(stranger).count() == 0


def test_asking_too_often_is_told_with_the_wait(visitor: Visitor, dev: Dev):
    stranger = f"nobody-{secrets.token_hex(4)}@example.com"
    for _ in range(3):
        ask(visitor, dev, stranger)
    page = visitor.page
    page.goto(f"{dev.app}/forgot")
    page.fill("input[name=email]", stranger)
    page.get_by_role("button").click()
    assert visitor.heading() == "Too many attempts"
    assert "minutes" in page.get_by_role("alert").inner_text()
    visitor.check_basics()
    visitor.shoot("too-many-attempts")


def test_a_link_that_is_none_says_so(visitor: Visitor, dev: Dev):
    visitor.page.goto(f"{dev.public}/reset/verify?token=nonsense")
    assert "does not work" in visitor.heading()
    visitor.check_basics()
    visitor.shoot("unknown-link")


def test_the_seeded_account_signs_in(visitor: Visitor, dev: Dev):
    visitor.page.goto(dev.app)
    visitor.check_basics()
    assert sign_in(visitor, dev, *SEEDED) == f"Signed in as {SEEDED[0]}"


def test_pages_read_well_in_the_dark_and_on_a_phone(visitor: Visitor, dev: Dev):
    page = visitor.page
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 320, "height": 640})
    for url in (f"{dev.app}/sign-in", f"{dev.public}/reset/verify?token=x", dev.mailbox):
        page.goto(url)
        visitor.shoot("dark-phone")
        width = page.locator("html").evaluate("root => root.scrollWidth")
        assert width <= 320, url
