"""Edges of HTTP: sizes, framing, slowness. Whatever comes, the process stays and answers others."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from caller import new_address
from http_client import exchange, read_to_end, send, status_of
from service import Service


def head(service: Service, *lines: str, target: str = "/reset/request") -> bytes:
    """A request head for the internal listener, with a key, ending in the empty line."""
    first = [
        f"POST {target} HTTP/1.1",
        "Host: localhost",
        f"Authorization: Bearer {service.installation.key}",
        "Content-Type: application/json",
    ]
    return "\r\n".join([*first, *lines, "", ""]).encode()


def body(address: str | None = None) -> bytes:
    return b'{"email":"%s"}' % (address or new_address()).encode()


@pytest.fixture(autouse=True)
def unharmed(shared: Service):
    pid = shared.pid
    yield
    assert shared.pid == pid
    assert shared.caller.request(new_address()).status == 202


def padded(size: int) -> bytes:
    raw = body()
    return raw[:-1] + b" " * (size - len(raw)) + b"}"


def test_a_body_of_16_kib_is_accepted(shared: Service):
    assert shared.caller.post("/reset/request", padded(16 * 1024)).status == 202


def test_a_body_of_one_byte_more_is_413(shared: Service):
    answer = shared.caller.post("/reset/request", padded(16 * 1024 + 1))
    assert (answer.status, answer.code) == (413, "body_too_large")


def test_an_endless_chunked_body_is_413_and_closed(shared: Service):
    chunk = b"1000\r\n" + b"x" * 0x1000 + b"\r\n"
    raw = exchange(shared.internal, head(shared, "Transfer-Encoding: chunked"), chunk * 16)
    assert status_of(raw) in (0, 413)


def test_a_chunked_body_within_the_limit_is_accepted(shared: Service):
    data = body()
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data)
    lines = ("Transfer-Encoding: chunked", "Connection: close")
    assert status_of(exchange(shared.internal, head(shared, *lines) + chunks)) == 202


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x", ""],
)
def test_a_content_type_other_than_json_is_415(shared: Service, content_type: str):
    answer = shared.caller.post("/reset/request", body(), Content_Type=content_type)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


def test_json_with_a_utf_8_charset_is_accepted(shared: Service):
    answer = shared.caller.post(
        "/reset/request", body(), Content_Type='application/json; charset="UTF-8"'
    )
    assert answer.status == 202


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_compressed_body_is_not_inflated(shared: Service, coding: str):
    answer = shared.caller.post("/reset/request", b"\x1f\x8b\x08", Content_Encoding=coding)
    assert answer.status == 415


METHODS = [
    ("internal", "/reset/request", "POST", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"]),
    ("internal", "/reset/verify", "POST", ["GET", "PUT", "DELETE"]),
    ("internal", "/reset/consume", "POST", ["GET", "PUT", "TRACE"]),
    ("public", "/reset/verify", "GET, HEAD", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"]),
    ("public", "/reset/again", "POST", ["GET", "HEAD", "PUT"]),
]


@pytest.mark.parametrize(("listener", "path", "allowed", "methods"), METHODS)
def test_a_wrong_method_is_405_and_says_which_are_right(
    shared: Service, listener: str, path: str, allowed: str, methods: list[str]
):
    address = shared.internal if listener == "internal" else shared.public
    headers = {"Authorization": f"Bearer {shared.installation.key}"}
    for method in methods:
        answer = send(address, method, path, headers=headers)
        assert answer.status == 405, method
        allow = answer.header("allow")
        assert allow is not None
        assert {one.strip() for one in allow.split(",")} == {
            one.strip() for one in allowed.split(",")
        }


def test_an_unknown_method_is_501_or_405(shared: Service):
    for address in (shared.public, shared.internal):
        for method in ("BREW", "PROPFIND", "CONNECT"):
            assert send(address, method, "/reset/verify").status in (401, 405, 501), method


ODD_FRAMING = {
    "two lengths": ["Content-Length: 5", "Content-Length: 6"],
    "two equal lengths": ["Content-Length: 5", "Content-Length: 5"],
    "list of lengths": ["Content-Length: 5, 5"],
    "length and chunks": ["Content-Length: 5", "Transfer-Encoding: chunked"],
    "chunks not last": ["Transfer-Encoding: chunked, identity"],
    "unknown coding": ["Transfer-Encoding: x, chunked"],
    "chunked twice": ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    "negative length": ["Content-Length: -1"],
    "plus length": ["Content-Length: +5"],
    "hex length": ["Content-Length: 0x5"],
    "huge length": ["Content-Length: 18446744073709551616"],
    "folded header": ["X-Folded: a\r\n b"],
    "space before colon": ["Content-Length : 5"],
    "no colon": ["Nonsense"],
    "bare newline": ["X-A: b\nX-C: d"],
    "nul": ["X-A: b\0c"],
}


@pytest.mark.parametrize("name", ODD_FRAMING)
def test_odd_framing_is_400_and_closed_and_nothing_behind_it_runs(shared: Service, name: str):
    smuggled = new_address()
    behind = body(smuggled)
    second = head(shared, f"Content-Length: {len(behind)}", "Connection: close") + behind
    raw = exchange(shared.internal, head(shared, *ODD_FRAMING[name]) + b"0\r\n\r\n" + second)
    assert status_of(raw) in (0, 400, 413), raw[:300]
    assert raw.count(b"HTTP/1.1 ") <= 1
    assert shared.installation.mailbox.mails_to(smuggled) == []


JUNK_IN_CHUNKS = (b"5;\x00\r\nhello\r\n0\r\n\r\n", b"zz\r\n", b"-1\r\n", b"5\nhello", b"f" * 40)


@pytest.mark.long
def test_junk_in_chunks_is_400_or_closed(shared: Service):
    """All at once, because each may be waited for as a body is that comes slowly."""

    def status(junk: bytes) -> int:
        raw = exchange(shared.internal, head(shared, "Transfer-Encoding: chunked") + junk)
        return status_of(raw)

    with ThreadPoolExecutor(len(JUNK_IN_CHUNKS)) as pool:
        statuses = dict(zip(JUNK_IN_CHUNKS, pool.map(status, JUNK_IN_CHUNKS), strict=True))
    assert set(statuses.values()) <= {0, 400}, statuses


def test_pipelined_requests_are_answered_in_order(shared: Service):
    first, second = body(), body()
    raw = exchange(
        shared.internal,
        head(shared, f"Content-Length: {len(first)}")
        + first
        + head(shared, f"Content-Length: {len(second)}", "Connection: close")
        + second,
    )
    assert raw.count(b"HTTP/1.1 202 ") == 2


def test_a_uri_of_1_mb_and_300_000_headers_are_refused(shared: Service):
    long = b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    many = b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"a:b\r\n" * 300_000 + b"\r\n"
    wide = b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 10_000_000 + b"\r\n\r\n"
    for address in (shared.public, shared.internal):
        for raw in (long, many, wide):
            assert status_of(exchange(address, raw)) in (0, 400, 414, 431)


@pytest.mark.parametrize(("count", "status"), [(90, 200), (101, 431)])
def test_100_headers_are_the_limit(shared: Service, count: int, status: int):
    lines = b"".join(b"X-%d: y\r\n" % number for number in range(count))
    raw = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + lines + b"\r\n"
    assert status_of(exchange(shared.internal, raw)) == status


def closes_within(service: Service, raw: bytes, seconds: float, trickle: bytes = b"") -> bytes:
    """Sends raw bytes, then one byte a moment, and expects the other side to close."""
    with socket.create_connection(service.internal, timeout=1) as connection:
        connection.sendall(raw)
        started = time.monotonic()
        while trickle and time.monotonic() - started < seconds:
            connection.settimeout(0.5)
            try:
                connection.sendall(trickle)
                if not connection.recv(65536):
                    return b""
            except TimeoutError:
                continue
            except OSError:
                return b""
        return read_to_end(connection, seconds)


def test_a_slow_head_is_closed_after_5_seconds(shared: Service):
    closes_within(shared, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ", 8, trickle=b"y")


@pytest.mark.long
def test_a_slow_body_is_closed_after_10_seconds(shared: Service):
    closes_within(shared, head(shared, "Content-Length: 9999") + b"{", 13, trickle=b" ")


@pytest.mark.long
def test_a_wrong_length_does_not_hold_the_connection_for_ever(shared: Service):
    raw = closes_within(shared, head(shared, "Content-Length: 500") + body(), 13)
    assert status_of(raw) in (0, 400, 408)


@pytest.mark.long
def test_an_idle_connection_is_closed(shared: Service):
    closes_within(shared, b"", 34)


def test_a_body_held_back_for_100_continue_is_asked_for(shared: Service):
    data = body()
    with socket.create_connection(shared.internal, timeout=10) as connection:
        lines = (f"Content-Length: {len(data)}", "Expect: 100-Continue", "Connection: close")
        connection.sendall(head(shared, *lines))
        assert connection.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(data)
        assert status_of(read_to_end(connection, 10)) == 202


@pytest.mark.parametrize("option", ["Connection: Close", "Connection: keep-alive, CLOSE"])
def test_a_client_that_says_close_in_any_case_is_closed(shared: Service, option: str):
    data = body()
    raw = exchange(shared.internal, head(shared, f"Content-Length: {len(data)}", option) + data)
    assert status_of(raw) == 202
    assert b"connection: close" in raw.lower()


def test_a_transfer_coding_is_known_in_any_case(shared: Service):
    lines = ("Transfer-Encoding: Chunked", "Connection: close")
    data = body()
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(data), data)
    assert status_of(exchange(shared.internal, head(shared, *lines) + chunks)) == 202
