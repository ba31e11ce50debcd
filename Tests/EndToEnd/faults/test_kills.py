"""kill -9 in the middle of load: every acknowledged request gets its mail, no token works twice,
and whoever was not killed goes on by itself."""

import http.client
import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from caller import new_address
from cluster import Cluster
from installation import Installation
from mail_server import Mailbox
from polling import eventually
from service import Service

LOST = (OSError, http.client.HTTPException)


class Load:
    """People who ask, over all processes in turn, and use each link that arrives."""

    def __init__(self, services: list[Service], mailbox: Mailbox):
        self.services = services
        self.mailbox = mailbox
        self.acknowledged: list[str] = []
        self.used: Counter[str] = Counter()
        self._ended = threading.Event()
        self._tried: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def running(self) -> Iterator[None]:
        with ThreadPoolExecutor(6) as pool:
            people = [pool.submit(self._ask, number) for number in range(4)]
            people += [pool.submit(self._use, number) for number in range(2)]
            try:
                yield
            finally:
                self._ended.set()
            for person in people:
                person.result()

    def more_acknowledged(self, count: int) -> None:
        before = len(self.acknowledged)
        eventually(
            lambda: len(self.acknowledged) >= before + count, f"{count} more requests accepted", 60
        )

    def _ask(self, first: int) -> None:
        for service in itertools.islice(itertools.cycle(self.services), first, None):
            if self._ended.is_set():
                return
            address = new_address()
            try:
                answer = service.caller.request(address)
            except LOST:
                continue
            assert answer.status in (202, 503), answer.text
            if answer.status == 202:
                self.acknowledged.append(address)

    def _use(self, first: int) -> None:
        for service in itertools.islice(itertools.cycle(self.services), first, None):
            if self._ended.is_set():
                return
            for mail in self.mailbox.mails[-50:]:
                self._consume_once(service, mail.token)

    def _consume_once(self, service: Service, token: str) -> None:
        with self._lock:
            if token in self._tried:
                return
            self._tried.add(token)
        try:
            answer = service.caller.consume(token)
        except LOST:
            return
        assert answer.status in (200, 409, 503), answer.text
        if answer.status == 200:
            self.used[token] += 1

    def use_everything_twice(self, service: Service) -> None:
        """At the end, all is healthy: what was used is refused, what was not works once."""
        for token in {mail.token for mail in self.mailbox.mails}:
            for _ in range(2):
                answer = service.caller.consume(token)
                assert answer.status in (200, 409), answer.text
                if answer.status == 200:
                    self.used[token] += 1


def kill_serve(rekey: Installation, cluster: Cluster) -> Service:
    rekey.services[0].kill()
    rekey.services[0].launch()
    return rekey.services[0]


def kill_work(rekey: Installation, cluster: Cluster) -> Service:
    rekey.services[2].kill()
    rekey.services[2].launch()
    return rekey.services[2]


def kill_postgresql(rekey: Installation, cluster: Cluster) -> None:
    cluster.kill()
    cluster.start()


@pytest.mark.long
@pytest.mark.timeout(400)
@pytest.mark.parametrize("kill", [kill_serve, kill_work, kill_postgresql])
def test_every_acknowledged_request_gets_its_mail_and_no_token_works_twice(
    rekey_on_own_cluster: Installation, own_cluster: Cluster, kill: Callable
):
    rekey = rekey_on_own_cluster
    rekey.settings["REKEY_WORKER_LEASE"] = "30s"
    services = [rekey.serve("--no-worker"), rekey.serve("--no-worker")]
    worker = rekey.work()
    load = Load(services, rekey.mailbox)
    with load.running():
        for _ in range(3):
            load.more_acknowledged(40)
            pids = {service: service.pid for service in (*services, worker)}
            killed = kill(rekey, own_cluster)
            for service, pid in pids.items():
                assert service is killed or service.pid == pid
        load.more_acknowledged(40)
    for service in (*services, worker):
        service.wait_until_ready()

    def unmailed() -> set[str]:
        mailed = {address for mail in rekey.mailbox.mails for address in mail.recipients}
        return set(load.acknowledged) - mailed

    eventually(lambda: not unmailed(), f"mails to all {len(load.acknowledged)}", 120)
    eventually(lambda: rekey.database.count("outbox") == 0, "an empty outbox", 60)
    check_repeated_mails(rekey.mailbox)
    load.use_everything_twice(services[1])
    assert set(load.used.values()) <= {1}


def check_repeated_mails(mailbox: Mailbox) -> None:
    """After a fault a mail may come once more a kill, the same as before."""
    ids: dict[str, set[str]] = {}
    counts: Counter[str] = Counter()
    for mail in mailbox.mails:
        (address,) = mail.recipients
        ids.setdefault(address, set()).add(mail.message_id)
        counts[address] += 1
    assert all(len(one) == 1 for one in ids.values())
    assert max(counts.values()) <= 4


def test_a_consume_acknowledged_before_a_crash_of_postgresql_stays(
    rekey_on_own_cluster: Installation, own_cluster: Cluster
):
    rekey = rekey_on_own_cluster
    service = rekey.serve()
    addresses = [new_address() for _ in range(30)]
    for address in addresses:
        service.caller.accepted(address)
    tokens = [rekey.mailbox.mail_to(address).token for address in addresses]
    used = [token for token in tokens[:20] if service.caller.consume(token).status == 200]
    own_cluster.kill()
    own_cluster.start()
    service.wait_until_ready()
    assert len(used) == 20
    for token in used:
        assert service.caller.consume(token).code == "token_used"
    for token in tokens[20:]:
        assert service.caller.consume(token).status == 200
