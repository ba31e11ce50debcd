"""SIGTERM drains and exits 0, SIGHUP reloads; rubbish changes no PID."""

import http.client
import os
import random
import re
import resource
import shutil
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from caller import Caller, new_address
from http_client import read_to_end, status_of
from installation import BINARY, ROOT, Installation
from polling import eventually
from ports import free_port
from service import Service


def half_a_request(service: Service) -> tuple[socket.socket, bytes]:
    """An open connection with a request that lacks its last bytes, and those."""
    body = b'{"email":"%s"}' % new_address().encode()
    head = (
        f"POST /reset/request HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {service.installation.key}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection = socket.create_connection(service.internal)
    connection.sendall(head.encode() + body[:-5])
    return connection, body[-5:]


def test_sigterm_lets_a_request_in_flight_finish_and_takes_no_new_one(rekey: Installation):
    service = rekey.serve("--no-worker")
    connection, rest = half_a_request(service)
    service.alive()
    service.process.terminate()
    eventually(lambda: not accepts(service), "a closed listener")
    connection.sendall(rest)
    assert status_of(read_to_end(connection, 10)) == 202
    connection.close()
    assert service.process.wait(20) == 0
    assert rekey.database.count("reset_request") == 1


def accepts(service: Service) -> bool:
    return accepts_at(service.internal)


def accepts_at(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True


def test_sigterm_under_load_loses_no_acknowledged_request(rekey: Installation):
    service = rekey.serve("--no-worker")
    caller, acknowledged = service.caller, []

    def ask() -> None:
        while True:
            try:
                answer = caller.request(new_address())
            except (OSError, http.client.HTTPException):
                return
            if answer.status != 202:
                return
            acknowledged.append(answer.json()["request_id"])

    people = [threading.Thread(target=ask) for _ in range(8)]
    for person in people:
        person.start()
    eventually(lambda: len(acknowledged) > 100, "load")
    service.stop()
    for person in people:
        person.join()
    stored = {str(row["id"]) for row in rekey.database.rows("SELECT id FROM rekey.reset_request")}
    assert set(acknowledged) <= stored
    assert rekey.database.count("outbox") == len(stored)


@pytest.mark.long
def test_sigterm_during_a_delivery_leaves_no_lease_behind(rekey: Installation):
    service = rekey.serve()
    rekey.mailbox.on("DATA", "hang")
    address = new_address()
    service.caller.accepted(address)
    eventually(lambda: rekey.mailbox.recipients, "a transfer")
    service.stop(40)
    (row,) = rekey.database.rows("SELECT * FROM rekey.outbox")
    assert row["leased_until"] is None
    rekey.database.make_due()
    rekey.mailbox.stop()
    rekey.mailbox.start()
    rekey.work()
    rekey.mailbox.mail_to(address)


def test_sigint_ends_it_like_sigterm(rekey: Installation):
    service = rekey.serve()
    service.process.send_signal(2)
    assert service.process.wait(20) == 0
    service.killed = True


def test_sighup_changes_no_pid_and_drops_no_request(service: Service):
    pid = service.pid
    for _ in range(5):
        service.hang_up()
        service.caller.accepted(new_address())
    assert service.pid == pid


def test_random_bytes_change_no_pid_and_open_no_files_for_good(service: Service):
    pid, files = service.pid, service.open_files()
    for number in range(200):
        address = service.public if number % 2 else service.internal
        with socket.create_connection(address, timeout=5) as connection:
            connection.sendall(os.urandom(random.randrange(1, 2000)))
    service.caller.accepted(new_address())
    assert service.pid == pid
    eventually(lambda: service.open_files() <= files + 20, "closed connections", 40)


def test_1000_idle_connections_leave_others_served(service: Service):
    idle = [socket.create_connection(service.internal) for _ in range(1_000)]
    service.caller.accepted(new_address())
    assert service.alive().status == 200
    for connection in idle:
        connection.close()


def test_a_broken_template_keeps_no_removed_key_alive(rekey: Installation):
    templates = rekey.directory / "templates"
    shutil.copytree(ROOT / "templates", templates)
    service = rekey.serve("--no-worker", REKEY_TEMPLATES_DIRECTORY=str(templates))
    added = rekey.add_caller("blog")
    shutil.rmtree(templates / "mail")
    rekey.succeed("callers", "remove", "shop")
    service.hang_up()
    eventually(lambda: service.caller.verify("x").status == 401, "the key gone")
    assert service.as_caller(added).verify("x").status == 404
    eventually(
        lambda: [one for one in service.log_lines() if one["message"].startswith("not reloaded")],
        "a line about the templates",
    )


def test_a_reader_of_the_log_that_stops_reading_stops_nobody(rekey: Installation):
    """A pipe holds 64 KiB; after that every write of a line would wait for its reader."""
    reading, writing = os.pipe()
    environment = {
        **rekey.settings,
        "REKEY_LISTEN_PUBLIC": f"127.0.0.1:{free_port()}",
        "REKEY_LISTEN_INTERNAL": f"127.0.0.1:{free_port()}",
    }
    process = subprocess.Popen([str(BINARY), "serve"], env=environment, stderr=writing)
    os.close(writing)
    host, port = environment["REKEY_LISTEN_INTERNAL"].split(":")
    caller = Caller((host, int(port)), rekey.key, rekey.seen)
    try:
        eventually(lambda: accepts_at((host, int(port))), "an open listener")
        for _ in range(600):
            assert caller.verify("x").status == 404
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        os.close(reading)


def test_open_files_are_not_held_to_the_soft_limit(rekey: Installation):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        service = rekey.serve("--no-worker")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    limits = Path(f"/proc/{service.pid}/limits").read_text()
    assert re.search(rf"^Max open files +{hard} +{hard} ", limits, re.MULTILINE)
