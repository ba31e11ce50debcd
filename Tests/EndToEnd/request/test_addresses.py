"""What counts as an address, and that mail is told nothing but the address it is for."""

import pytest
from caller import new_address
from installation import Installation
from polling import eventually
from service import Service

REFUSED = [
    "",
    " ",
    "@",
    "a@",
    "@example.test",
    "a.example.test",
    "a@@example.test",
    "a@b@example.test",
    "a@example.test,b@example.test",
    "a@example.test;b@example.test",
    "a@example.test b@example.test",
    "a@example.test\nb@example.test",
    "a@example.test\r\nBcc: b@example.test",
    "a\r@example.test",
    "a\u0085@example.test",
    "a\u2028@example.test",
    "a\v@example.test",
    "a\f@example.test",
    "a\tb@example.test",
    "a\x7f@example.test",
    '"a b"@example.test',
    '"a@evil.test x"@example.test',
    "a(comment)@example.test",
    "a@example.test(comment)",
    "a@[127.0.0.1]",
    "a@[IPv6:::1]",
    "<a@example.test>",
    "Ada <a@example.test>",
    "mailto:a@example.test",
    "a@example.test> NOTIFY=NEVER ORCPT=<a",
    "<a@example.test> SIZE=1",
    ".a@example.test",
    "a.@example.test",
    "a..b@example.test",
    "a@.example.test",
    "a@example..test",
    "a@-example.test",
    "a@example-.test",
    "a@exa_mple.test",
    "a@exa mple.test",
    "a@xn--.test",
    "mıke@example.test",
    "\u212aate@example.test",
    "ſam@example.test",
    "İda@example.test",
    "straße@example.test",
    "e\u0301@example.test",
    "é@example.test",
    "😀@example.test",
    "a@" + ".".join(["a" * 60] * 5) + ".test",
    "a." * 8_000 + "a@example.test",
    "@" * 8_000,
]


@pytest.mark.parametrize("text", REFUSED, ids=range(len(REFUSED)))
def test_what_is_no_address_is_refused_and_stores_nothing(shared: Service, text: str):
    database = shared.installation.database
    before = database.count("reset_request"), shared.pid
    answer = shared.caller.post("/reset/request", {"email": text})
    assert (answer.status, answer.code) == (422, "email_invalid"), answer.text
    assert (database.count("reset_request"), shared.pid) == before


@pytest.mark.parametrize("text", ["a@example.test\0b@example.test", "\0a@example.test"])
def test_a_nul_is_no_strict_json_already(shared: Service, text: str):
    answer = shared.caller.post("/reset/request", {"email": text})
    assert (answer.status, answer.code) == (400, "bad_request")


@pytest.mark.parametrize("field", ["id", "email"])
def test_hostile_accounts_reach_no_mail_server(shared: Service, field: str):
    address = new_address()
    account = {"id": "1", "email": address, field: f"{address}> NOTIFY=NEVER\r\nRCPT TO:<b@x.test"}
    answer = shared.caller.request(address, account=account)
    assert answer.status in (400, 422)
    assert shared.installation.mailbox.mails_to("b@x.test") == []


SIZES = [
    ("local part", "a" * 64 + "@example.test", "a" * 65 + "@example.test"),
    ("label", "b@" + "b" * 63 + ".test", "b@" + "b" * 64 + ".test"),
    (
        "whole",
        "c" * 60 + "@" + ".".join(["c" * 60] * 3) + "." + "c" * 10,
        "c" * 61 + "@" + ".".join(["c" * 60] * 3) + "." + "c" * 10,
    ),
]


@pytest.mark.parametrize(("what", "fits", "too_long"), SIZES, ids=[size[0] for size in SIZES])
def test_lengths_of_rfc_5321_are_exact(shared: Service, what: str, fits: str, too_long: str):
    shared.caller.accepted(fits)
    assert shared.installation.mailbox.mail_to(fits).recipients == [fits]
    assert shared.caller.request(too_long).code == "email_invalid"


ACCEPTED = [
    ("Mixed.Case@Example.TEST", "Mixed.Case@example.test"),
    ("  spaced@example.test  ", "spaced@example.test"),
    ("tag+news@example.test", "tag+news@example.test"),
    ("!#$%&'*+-/=?^_`{|}~@example.test", "!#$%&'*+-/=?^_`{|}~@example.test"),
    ("o'neil--x@example.test", "o'neil--x@example.test"),
    ("idn@bücher.example", "idn@xn--bcher-kva.example"),
    ("alabel@XN--BCHER-KVA.example", "alabel@xn--bcher-kva.example"),
    ("nfd@bu\u0308cher.example", "nfd@xn--bcher-kva.example"),
    ("digit@1.example.test", "digit@1.example.test"),
    ("short@t.co", "short@t.co"),
]


@pytest.mark.parametrize(("typed", "told"), ACCEPTED)
def test_the_mail_server_is_told_the_address_with_its_domain_in_lower_case_a_labels(
    shared: Service, typed: str, told: str
):
    shared.caller.accepted(typed)
    mailbox = shared.installation.mailbox
    mail = mailbox.mail_to(told)
    assert mail.recipients == [told]
    assert [options for address, options in mailbox.recipients if address == told] == [[]]
    assert mail.message["To"].addresses[0].addr_spec == told
    assert shared.caller.verify(mail.token).json()["email"] == told


def test_a_local_part_keeps_its_case_in_the_mail(rekey: Installation):
    service = rekey.serve()
    service.caller.accepted("CaSe@example.test")
    mail = eventually(lambda: rekey.mailbox.mails, "a mail")[0]
    assert mail.recipients == ["CaSe@example.test"]
