"""The link in the mail: reading it changes nothing; a dead one says why and offers a new mail."""

import pytest
from caller import new_address
from http_client import send
from installation import Installation
from minting import mint, new_id
from pages import Page, press_only_button
from service import Service, mailed_token


def rows(service: Service) -> list[dict]:
    return service.installation.database.rows("SELECT * FROM rekey.reset_request ORDER BY id")


def test_50_times_get_and_head_change_nothing(service: Service):
    token = mailed_token(service)
    before = rows(service)
    for method in ("GET", "HEAD", "OPTIONS") * 50:
        answer = service.open_link(token, method)
        assert answer.status == (405 if method == "OPTIONS" else 303)
    assert rows(service) == before
    assert service.caller.consume(token).status == 200


def test_verify_changes_nothing(service: Service):
    token = mailed_token(service)
    before = rows(service)
    answers = [service.caller.verify(token).json() for _ in range(20)]
    assert all(answer == answers[0] for answer in answers)
    assert rows(service) == before


def test_head_answers_like_get_without_a_body(service: Service):
    token = mailed_token(service)
    get, head = service.open_link(token), service.open_link(token, "HEAD")
    assert (head.status, head.body) == (303, b"")
    assert head.header("location") == get.header("location")
    dead_get, dead_head = service.open_link("x"), service.open_link("x", "HEAD")
    assert (dead_head.status, dead_head.body) == (404, b"")
    assert dead_head.header("content-length") in (None, dead_get.header("content-length"))


def use_it(service: Service, token: str, address: str) -> None:
    assert service.caller.consume(token).status == 200


def let_it_expire(service: Service, token: str, address: str) -> None:
    request_id = service.caller.verify(token).json()["request_id"]
    service.installation.database.age(request_id, "31 minutes")


def revoke_it(service: Service, token: str, address: str) -> None:
    assert service.caller.invalidate(email=address).json() == {"revoked": 1}


def replace_it(service: Service, token: str, address: str) -> None:
    for count in (2, 3, 4):
        service.installation.database.execute("DELETE FROM rekey.rate_limit")
        mailed_token(service, address, count)


CAUSES = [
    (use_it, 409, "token_used", "used"),
    (let_it_expire, 410, "token_expired", "expired"),
    (revoke_it, 410, "token_revoked", "no longer valid"),
    (replace_it, 410, "token_replaced", "replaced"),
]


@pytest.mark.parametrize(("kill", "status", "code", "word"), CAUSES, ids=[c[2] for c in CAUSES])
def test_a_dead_link_says_why_and_its_button_mails_a_new_one(
    service: Service, kill, status: int, code: str, word: str
):
    address = new_address()
    token = mailed_token(service, address)
    kill(service, token, address)
    for answer in (service.caller.verify(token), service.caller.consume(token)):
        assert (answer.status, answer.code) == (status, code)

    dead = service.open_link(token)
    assert dead.status == 410
    page = Page(dead)
    (heading,) = page.headings
    assert word in heading.lower()
    assert address not in dead.text

    service.installation.database.execute("DELETE FROM rekey.rate_limit")
    sent = len(service.installation.mailbox.mails_to(address))
    assert press_only_button(service.public, page).status == 202
    mail = service.installation.mailbox.mail_to(address, sent + 1)
    assert service.caller.consume(mail.token).status == 200


def test_the_button_is_bound_by_the_same_limit(service: Service):
    address = new_address()
    token = mailed_token(service, address)
    use_it(service, token, address)
    page = Page(service.open_link(token))
    answers = [press_only_button(service.public, page) for _ in range(3)]
    assert [answer.status for answer in answers] == [202, 202, 429]
    assert int(answers[2].header("retry-after")) > 0
    assert "minute" in Page(answers[2]).text
    service.installation.mailbox.mail_to(address, 3)


def test_a_form_from_another_site_is_refused(service: Service):
    address = new_address()
    token = mailed_token(service, address)
    use_it(service, token, address)
    page = Page(service.open_link(token))
    count = service.installation.database.count("reset_request")
    for site in ("cross-site", "same-site"):
        assert press_only_button(service.public, page, Sec_Fetch_Site=site).status == 403
    for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x"):
        assert press_only_button(service.public, page, Content_Type=kind).status == 415
    assert service.installation.database.count("reset_request") == count


@pytest.mark.parametrize("form", ["", "token=", "token=x", "x=y", "token=a&token=b"])
def test_the_button_without_a_token_of_ours_is_the_generic_page(shared: Service, form: str):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = send(shared.public, "POST", "/reset/again", form, headers)
    assert answer.status == 404
    assert answer.body == shared.open_link("x").body


def test_whatever_is_no_token_gets_the_same_generic_page(rekey: Installation):
    service = rekey.serve()
    token = mailed_token(service)
    pages = {
        service.open_link(wrong).body
        for wrong in (
            "",
            "x",
            "<script>alert(1)</script>",
            '"onload="x',
            token[:-1],
            "%00",
            "a" * 5000,
        )
    }
    pages.add(send(service.public, "GET", "/reset/verify").body)
    pages.add(service.open_link(f"{token}&token={token}").body)
    rekey.database.execute("DELETE FROM rekey.reset_request")
    pages.add(service.open_link(token).body)
    assert len(pages) == 1
    assert b"alert" not in pages.pop()


def test_parameters_that_mail_gateways_add_are_ignored(service: Service):
    token = mailed_token(service)
    assert service.open_link(f"{token}&utm_source=mail&x=y").status == 303
    assert send(service.public, "GET", f"/reset/verify?a=b&token={token}").status == 303


def test_pages_have_a_language_a_title_one_heading_and_nothing_from_elsewhere(service: Service):
    token = mailed_token(service)
    service.caller.consume(token)
    for answer in (service.open_link(token), service.open_link("x")):
        page = Page(answer)
        assert page.attribute("html", "lang") == ["en"]
        assert page.title.strip()
        assert len(page.headings) == 1
        assert "script" not in page.tags
        assert not {"img", "link", "iframe", "object"} & set(page.tags)
        for tag, name, value in page.attributes:
            assert not name.startswith("on"), (tag, name)
            assert "//" not in value, (tag, name, value)


def test_a_token_older_than_retention_is_expired_and_a_younger_one_without_a_row_unknown(
    rekey: Installation,
):
    """The id tells its age; purging a row must not turn 'expired' into 'unknown'."""
    service = rekey.serve(REKEY_RETENTION="30d")
    keyring = rekey.directory / "keyring"
    now = rekey.database.value("SELECT extract(epoch FROM clock_timestamp())::float8")
    older = mint(keyring, new_id(now - 30 * 86_400 - 60))
    younger = mint(keyring, new_id(now - 30 * 86_400 + 60))
    assert (service.caller.verify(older).status, service.open_link(older).status) == (410, 410)
    assert service.caller.consume(older).code == "token_expired"
    assert (service.caller.verify(younger).status, service.open_link(younger).status) == (404, 404)
    assert service.caller.consume(younger).code == "token_invalid"
