"""Bodies are strict JSON: each bad one is told so with a stable code, and nothing is stored."""

import json

import pytest
from caller import new_address
from service import Service

EMAIL = '"email":"a@example.test"'
DEEP = '{"email":"a@example.test","data":' + '{"a":' * 7 + "1" + "}" * 7 + "}"

BROKEN = {
    "empty": b"",
    "blank": b"   ",
    "not json": b"email=a@example.test",
    "cut off": b'{"email":"a@example.test"',
    "two values": b"{" + EMAIL.encode() + b"}{}",
    "tail": b"{" + EMAIL.encode() + b"}x",
    "trailing comma": b"{" + EMAIL.encode() + b",}",
    "comment": b"{" + EMAIL.encode() + b"/**/}",
    "single quotes": b"{'email':'a@example.test'}",
    "bare key": b"{email:1}",
    "byte order mark": b"\xef\xbb\xbf{" + EMAIL.encode() + b"}",
    "utf-16": ("{" + EMAIL + "}").encode("utf-16"),
    "utf-16 without mark": ("{" + EMAIL + "}").encode("utf-16-le"),
    "utf-32": ("{" + EMAIL + "}").encode("utf-32"),
    "bad utf-8": b'{"email":"a\xff@example.test"}',
    "overlong utf-8": b'{"email":"a\xc0\xae@example.test"}',
    "utf-8 surrogate": b'{"email":"a\xed\xa0\x80@example.test"}',
    "lone surrogate": b'{"email":"a\\ud800@example.test"}',
    "raw control character": b'{"email":"a\x01@example.test"}',
    "raw newline": b'{"email":"a\n@example.test"}',
    "bad escape": b'{"email":"\\x61@example.test"}',
    "duplicate key": b'{"email":"a@example.test","email":"b@example.test"}',
    "escaped duplicate key": b'{"email":"a@example.test","\\u0065mail":"b@example.test"}',
    "duplicate key inside": b"{" + EMAIL.encode() + b',"data":{"a":1,"a":2}}',
    "array": b"[]",
    "string": b'"a@example.test"',
    "number": b"1",
    "null": b"null",
    "leading zero": b"{" + EMAIL.encode() + b',"data":{"n":01}}',
    "plus": b"{" + EMAIL.encode() + b',"data":{"n":+1}}',
    "nan": b"{" + EMAIL.encode() + b',"data":{"n":NaN}}',
    "depth 9": DEEP.replace('{"a":1}', '{"a":{"a":1}}').encode(),
    "depth 8000": b'{"email":' + b"[" * 8_000,
    "no email": b"{}",
    "email is null": b'{"email":null}',
    "email is a number": b'{"email":1}',
    "email is a list": b'{"email":["a@example.test","b@example.test"]}',
    "email is an object": b'{"email":{"a@example.test":1}}',
    "unknown field": b"{" + EMAIL.encode() + b',"to":"b@example.test"}',
    "recipient": b"{" + EMAIL.encode() + b',"recipient":"b@example.test"}',
    "reset_url": b"{" + EMAIL.encode() + b',"reset_url":"https://evil.test"}',
    "user_id": b"{" + EMAIL.encode() + b',"user_id":"1"}',
    "account is a string": b"{" + EMAIL.encode() + b',"account":"42"}',
    "account is a list": b"{" + EMAIL.encode() + b',"account":[]}',
    "account id is a number": b"{"
    + EMAIL.encode()
    + b',"account":{"id":42,"email":"a@example.test"}}',
    "account with an unknown field": b"{"
    + EMAIL.encode()
    + b',"account":{"id":"1","email":"a@example.test","admin":true}}',
    "locale is a number": b"{" + EMAIL.encode() + b',"locale":1}',
    "client is a string": b"{" + EMAIL.encode() + b',"client":"203.0.113.7"}',
    "client with an unknown field": b"{" + EMAIL.encode() + b',"client":{"port":1}}',
    "data is a list": b"{" + EMAIL.encode() + b',"data":[]}',
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_body_is_a_bad_request_and_stores_nothing(shared: Service, name: str):
    before = shared.installation.database.count("reset_request"), shared.pid
    answer = shared.caller.post("/reset/request", BROKEN[name])
    assert (answer.status, answer.code) == (400, "bad_request"), answer.text
    assert "example.test" not in answer.text
    assert (shared.installation.database.count("reset_request"), shared.pid) == before


UNUSABLE = {
    "email_invalid": {"email": "nobody"},
    "client_ip_invalid": {"email": "c1@example.test", "client": {"ip": "203.0.113.256"}},
    "locale_invalid": {"email": "c2@example.test", "locale": "no such locale!"},
    "account_invalid": {"email": "c3@example.test", "account": {"id": "1", "email": "nobody"}},
}


@pytest.mark.parametrize("code", UNUSABLE)
def test_an_unusable_value_is_422_with_its_own_code(shared: Service, code: str):
    answer = shared.caller.post("/reset/request", UNUSABLE[code])
    assert (answer.status, answer.code) == (422, code)


@pytest.mark.parametrize(
    "account",
    [
        {"id": "", "email": "a@example.test"},
        {"id": "x", "email": "a@example.test\r\nBcc: b@example.test"},
        {"id": "x", "email": "a@example.test", "locale": "../../etc"},
    ],
)
def test_an_account_that_cannot_be_used_is_422(shared: Service, account: dict):
    answer = shared.caller.request("c4@example.test", account=account)
    assert (answer.status, answer.code) in ((422, "account_invalid"), (422, "locale_invalid"))


@pytest.mark.parametrize("ip", ["1", "01.2.3.4", "1.2.3", "::g", "1.2.3.4/8", "", "[::1]"])
def test_a_client_address_that_is_none_is_422(shared: Service, ip: str):
    answer = shared.caller.request("c5@example.test", client={"ip": ip})
    assert (answer.status, answer.code) == (422, "client_ip_invalid")


def test_depth_8_is_accepted(shared: Service):
    assert shared.caller.post("/reset/request", DEEP.replace("a@", "deep@")).status == 202


def test_data_of_4_kib_is_accepted_and_one_byte_more_is_not(shared: Service):
    def body(size: int) -> str:
        frame = len(json.dumps({"name": ""}, separators=(",", ":")))
        data = {"name": "x" * (size - frame)}
        return json.dumps({"email": new_address(), "data": data}, separators=(",", ":"))

    assert shared.caller.post("/reset/request", body(4096)).status == 202
    assert shared.caller.post("/reset/request", body(4097)).status in (400, 422)


HOSTILE = ["'", "\\", "--", "$1", "%s%n%@", "{{7*7}}", "${x}", "<script>", "\u2028", "\x85", "😀"]


@pytest.mark.parametrize("text", HOSTILE)
def test_template_data_is_taken_literally(shared: Service, text: str):
    address = new_address()
    shared.caller.accepted(address, data={"name": text, text: text})
    mail = shared.installation.mailbox.mail_to(address)
    assert "49" not in mail.part("text/plain").replace(mail.token, "")
    assert "<script>" not in mail.part("text/html")


def test_huge_numbers_and_many_keys_do_no_harm(shared: Service):
    pid = shared.pid
    for value in ("1" * 4_000, "1e400", "-1e-400", "9223372036854775808", "0." + "1" * 3_000):
        body = '{"email":"' + new_address() + '","data":{"n":' + value + "}}"
        assert shared.caller.post("/reset/request", body).status in (202, 400)
    keys = ",".join(f'"k{n}":1' for n in range(1_000))
    assert shared.caller.post("/reset/request", "{" + keys + "}").status == 400
    assert shared.pid == pid


@pytest.mark.parametrize(
    "key", ["x" * 257, "with space", "ümlaut", "tab\tinside", "x\x7f"], ids=range(5)
)
def test_an_idempotency_key_that_is_not_256_visible_ascii_is_a_bad_request(
    shared: Service, key: str
):
    raw = key.encode("utf-8").decode("latin-1")
    answer = shared.caller.request(new_address(), idempotency_key=raw)
    assert (answer.status, answer.code) == (400, "bad_request")
