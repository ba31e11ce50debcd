"""Two listeners that do not serve each other's routes, and headers on every answer."""

import pytest
from caller import new_address
from http_client import Answer, send
from installation import Installation
from service import Service

INTERNAL = [
    ("POST", "/reset/request"),
    ("POST", "/reset/consume"),
    ("POST", "/reset/invalidate"),
    ("GET", "/reset/requests/0192d3a4-0000-7000-8000-000000000000"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
]
ALIASES = ["//reset//request", "/./reset/request", "/x/../reset/request", "/reset/request/"]


@pytest.mark.parametrize(("method", "path"), INTERNAL)
def test_the_public_listener_serves_no_internal_route(shared: Service, method: str, path: str):
    key = {"Authorization": f"Bearer {shared.installation.key}", "Content-Type": "application/json"}
    for headers in (key, {**key, "Host": f"127.0.0.1:{shared.internal[1]}"}):
        assert send(shared.public, method, path, "{}", headers).status == 404


def test_an_internal_verify_is_not_to_be_had_on_the_public_listener(shared: Service):
    assert send(shared.public, "POST", "/reset/verify", "{}").status == 405


@pytest.mark.parametrize("path", ["/reset/verify?token=x", "/reset/again"])
def test_the_internal_listener_serves_no_page(shared: Service, path: str):
    key = {"Authorization": f"Bearer {shared.installation.key}"}
    assert send(shared.internal, "GET", path, headers=key).status in (404, 405)
    assert "text/html" not in (send(shared.internal, "GET", path).header("content-type") or "")


@pytest.mark.parametrize("path", ALIASES)
def test_aliases_of_internal_routes_are_404(shared: Service, path: str):
    assert shared.caller.post(path, {"email": new_address()}).status == 404


@pytest.mark.parametrize(
    "path",
    ["//reset//verify", "/reset/verify/", "/reset/verify/x.css", "/reset/verify%2fx", "/",
     "/RESET/VERIFY", "/reset/verify;x", "/favicon.ico", "/%2e%2e/etc/passwd", "/reset/%76erify"],
)  # fmt: skip
def test_aliases_of_the_link_are_404_and_not_stored(shared: Service, path: str):
    answer = send(shared.public, "GET", path)
    assert answer.status == 404
    assert answer.header("cache-control") == "no-store"


def check_common_headers(answer: Answer) -> None:
    assert answer.header("cache-control") == "no-store"
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("server") is None
    assert answer.header("set-cookie") is None
    assert answer.header("x-powered-by") is None


def check_page_headers(answer: Answer) -> None:
    check_common_headers(answer)
    assert answer.header("referrer-policy") == "no-referrer"
    policy = answer.header("content-security-policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert "unsafe" not in policy
    assert answer.header("x-frame-options") == "DENY"
    assert answer.header("x-robots-tag") == "noindex"
    assert answer.header("cross-origin-opener-policy") == "same-origin"
    assert answer.header("cross-origin-resource-policy") == "same-origin"
    assert answer.header("strict-transport-security") == "max-age=63072000; includeSubDomains"


def test_every_public_answer_carries_the_headers_of_a_page(rekey: Installation):
    service = rekey.serve()
    address = new_address()
    service.caller.accepted(address)
    token = rekey.mailbox.mail_to(address).token
    answers = [service.open_link(token), service.open_link("x"), service.open_link(token, "HEAD")]
    service.caller.consume(token)
    answers += [
        service.open_link(token),
        send(service.public, "GET", "/nowhere"),
        send(service.public, "PUT", "/reset/verify"),
        send(service.public, "POST", "/reset/again", "x=y"),
    ]
    for answer in answers:
        check_page_headers(answer)
    assert [answer.status for answer in answers][:4] == [303, 404, 303, 410]


def test_every_internal_answer_is_not_stored_and_not_sniffed(shared: Service):
    caller = shared.caller
    for answer in (
        caller.request(new_address()),
        caller.request("nobody"),
        caller.post("/reset/request", "{"),
        caller.post("/reset/request", "x" * 20_000),
        caller.post("/nowhere", "{}"),
        caller.verify("x"),
        caller.consume("x"),
        caller.status("x"),
        shared.as_caller("wrong").verify("x"),
        shared.alive(),
        shared.ready(),
        send(shared.internal, "PUT", "/reset/request"),
    ):
        check_common_headers(answer)


def test_over_plain_http_on_loopback_no_strict_transport_security_is_sent(rekey: Installation):
    service = rekey.serve(REKEY_PUBLIC_URL="http://127.0.0.1:1")
    assert service.open_link("x").header("strict-transport-security") is None


@pytest.mark.parametrize(
    "name", ["Host", "X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-URL"]
)
def test_no_header_decides_where_a_link_or_a_redirect_leads(shared: Service, name: str):
    address = new_address()
    hostile = "host=evil.test" if name == "Forwarded" else "evil.test"
    header = {name.replace("-", "_"): hostile}
    assert shared.caller.post("/reset/request", {"email": address}, **header).status == 202
    mail = shared.installation.mailbox.mail_to(address)
    assert mail.link.startswith("https://reset.example.test/reset/verify?token=")
    assert b"evil" not in mail.raw
    click = shared.open_link(mail.token, **header)
    assert (click.header("location") or "").startswith("https://shop.example.test/")


@pytest.mark.parametrize("name", ["next", "redirect_to", "callbackURL", "continue", "url"])
@pytest.mark.parametrize("value", ["https://evil.test", "//evil.test", "/\\evil.test", "%0d%0aX:y"])
def test_no_parameter_decides_where_a_redirect_leads(shared: Service, name: str, value: str):
    answer = shared.open_link(f"x&{name}={value}")
    assert answer.status == 404
    assert answer.header("location") is None
    assert "evil" not in answer.text
    assert answer.header("x") is None
