"""The measurements of ops/bench/delivery, one function each."""

from __future__ import annotations

import itertools
import shutil
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psycopg
from cluster import Cluster
from delivery_rig import ROOT, Rig, say, smtp_sink, smtp_source
from faulty_sink import FaultySink
from ports import free_port

CONCURRENCIES = (1, 20, 50)
ATTACHMENT_MB = 100
FEW, MANY = 1_000, 1_000_000
# Of sql/queries/claim_messages.sql: 20 messages at once with the defaults of the configuration.
CLAIM_PARAMETERS = {
    4: [20, 90, 1800, 7200],
    7: ["mail", 20, 90, 1800, 7200, 86400, 259200],
}


@dataclass
class Options:
    seconds: float
    messages: int
    rounds: int


@dataclass
class Outcome:
    """What was measured: lines of a table, and ratios with their targets."""

    rows: list[tuple[str, float, str]] = field(default_factory=list)
    ratios: list[tuple[str, float, float, bool]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def row(self, name: str, value: float, unit: str) -> None:
        self.rows.append((name, value, unit))

    def at_least(self, name: str, value: float, target: float) -> None:
        self.ratios.append((name, value, target, True))

    def at_most(self, name: str, value: float, target: float) -> None:
        self.ratios.append((name, value, target, False))


def address(port: int, more: str = "") -> str:
    return f"smtp://127.0.0.1:{port}{more}"


# Throughput and memory


def throughput(directory: Path, cluster: Cluster, options: Options) -> Outcome:
    outcome = Outcome()
    rates: dict[int, list[float]] = {count: [] for count in CONCURRENCIES}
    sources: dict[int, list[float]] = {count: [] for count in CONCURRENCIES}
    peaks: dict[int, list[float]] = {count: [] for count in CONCURRENCIES}
    with Rig(directory / "throughput", cluster) as rig, smtp_sink() as port:
        size = mail_size(rig)
        for number, count in itertools.product(range(options.rounds), CONCURRENCIES):
            rig.preload(options.messages)
            drained = rig.drain(count, address(port), options.seconds)
            source = smtp_source(port, count, options.messages, size, options.seconds)
            say(
                f"throughput, round {number + 1}, {count} at once: {drained.rate:.0f}/s,"
                f" smtp-source {source:.0f}/s, {drained.peak:.0f} MB"
            )
            rates[count].append(drained.rate)
            sources[count].append(source)
            peaks[count].append(drained.peak)
    for count in CONCURRENCIES:
        outcome.row(f"rekey work, concurrency {count}", median(rates[count]), "/s")
        outcome.row(f"smtp-source -d -s {count}, {size} bytes", median(sources[count]), "/s")
    for count in CONCURRENCIES:
        ratio = median_ratio(rates[count], sources[count])
        if count == 20:
            outcome.at_least("messages ÷ smtp-source, 20 at once", ratio, 0.25)
        else:
            outcome.row(f"messages ÷ smtp-source, {count} at once", ratio, "")
    for count in CONCURRENCIES[1:]:
        name = f"rekey work, MB resident at the peak, {count} at once"
        outcome.at_most(name, max(peaks[count]), 64)
    return outcome


def median_ratio(these: list[float], those: list[float]) -> float:
    """Of pairs that were measured one after the other, so that noise meets both."""
    return median(one / other for one, other in zip(these, those, strict=True))


def mail_size(rig: Rig) -> int:
    """Bytes of one real mail, so that smtp-source sends as many."""
    sink = FaultySink()
    rig.preload(1)
    rig.drain(1, address(sink.port), 5)
    sink.close()
    return len(sink.mails[0].raw)


# Latency


def latency(directory: Path, cluster: Cluster, options: Options) -> Outcome:
    outcome = Outcome()
    sink = FaultySink(keep=False)
    with Rig(directory / "latency", cluster) as rig:
        rig.rekey.settings["REKEY_MAIL_TRANSPORTS"] = address(sink.port)
        for name, is_embedded in (("serve with its worker", True), ("serve and work apart", False)):
            service = rig.rekey.serve() if is_embedded else rig.rekey.serve("--no-worker")
            if not is_embedded:
                rig.rekey.work()
            times = sorted(one_by_one(service, sink, name, 200))
            p50, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
            outcome.row(f"{name}, p50", p50, "ms")
            outcome.row(f"{name}, p99", p99, "ms")
            if is_embedded:
                outcome.at_most("request sent → DATA, ms, p50", p50, 15)
                outcome.at_most("request sent → DATA, ms, p99", p99, 50)
            rig.stop()
    sink.close()
    return outcome


def one_by_one(service, sink: FaultySink, name: str, count: int) -> Iterator[float]:
    """Milliseconds from sending a request to the 354 of its mail, after some to warm up."""
    for number in range(count + 10):
        seen = len(sink.data_times)
        start = time.monotonic()
        service.caller.accepted(f"{name.replace(' ', '-')}-{number}@bench.example")
        end = time.monotonic() + 10
        while len(sink.data_times) == seen:
            if time.monotonic() > end:
                raise RuntimeError("no mail within 10 s")
            time.sleep(0.0002)
        if number >= 10:
            yield (sink.data_times[seen] - start) * 1000
        if number % 50 == 0:
            say(f"latency, {name}: {number} of {count}")


# Attachments


def attachment(directory: Path, cluster: Cluster, options: Options) -> Outcome:
    outcome = Outcome()
    templates = directory / "templates"
    shutil.copytree(ROOT / "templates", templates)
    with Rig(directory / "attachment", cluster) as rig, smtp_sink() as port:
        plain = drain_twenty(rig, port, templates)
        attach(templates)
        size = attached_size(rig, templates)
        if size < ATTACHMENT_MB * 10**6:
            outcome.notes.append(f"not measured: a mail has {size} bytes, so nothing was attached")
            return outcome
        say(f"attachment: one mail has {size / 1e6:.0f} MB; now twenty at once")
        start = time.monotonic()
        big = drain_twenty(rig, port, templates)
        rate = 20 * size / 1e6 / (time.monotonic() - start)
    outcome.row("twenty mails of 100 MB each, sent", rate, "MB/s")
    outcome.row("rekey work, twenty mails without attachment, at the peak", plain, "MB")
    outcome.row("rekey work, twenty mails with it, at the peak", big, "MB")
    outcome.at_most("memory that attachments add, MB", big - plain, 16)
    return outcome


def attach(templates: Path) -> None:
    folder = templates / "mail/en/link.attachments"
    folder.mkdir()
    with (folder / "big.bin").open("wb") as file:
        for _ in range(ATTACHMENT_MB):
            file.write(b"\xa5\x00\x0d\x0a" * 250_000)


def drain_twenty(rig: Rig, port: int, templates: Path) -> float:
    rig.preload(20)
    drained = rig.drain(20, address(port), 240, REKEY_TEMPLATES_DIRECTORY=str(templates))
    if rig.waiting() > 0:
        raise RuntimeError(f"{rig.waiting()} of 20 mails were not sent")
    return drained.peak


def attached_size(rig: Rig, templates: Path) -> int:
    """Bytes of one mail."""
    sink = FaultySink()
    rig.preload(1)
    rig.drain(1, address(sink.port), 120, REKEY_TEMPLATES_DIRECTORY=str(templates))
    sink.close()
    return len(sink.mails[0].raw)


# Claims


def claims(directory: Path, cluster: Cluster, options: Options) -> Outcome:
    outcome = Outcome()
    with (
        Rig(directory / "few", cluster) as few,
        Rig(directory / "many", cluster) as many,
        smtp_sink() as port,
    ):
        rigs = {FEW: few, MANY: many}
        costs: dict[int, list[float]] = {count: [] for count in rigs}
        rates: dict[int, list[float]] = {count: [] for count in rigs}
        for count, rig in rigs.items():
            say(f"claims: making {count} messages that wait")
            rig.fill(count)
        for number in range(options.rounds):
            for count, cost in zip(rigs, claim_costs(list(rigs.values())), strict=True):
                costs[count].append(cost)
            for count, rig in rigs.items():
                rig.preload(options.messages)
                rates[count].append(rig.drain(20, address(port), options.seconds).rate)
                say(
                    f"claims, round {number + 1}, {count} waiting:"
                    f" {costs[count][-1]:.1f} µs a message claimed, {rates[count][-1]:.0f}/s sent"
                )
    for count in rigs:
        outcome.row(f"claim, {count} waiting", median(costs[count]), "µs a message")
        outcome.row(f"rekey work, {count} waiting", median(rates[count]), "/s")
    name = f"÷ {FEW} waiting"
    outcome.at_most(f"cost of a claim, {MANY} {name}", median_ratio(costs[MANY], costs[FEW]), 1.2)
    outcome.at_most(f"time of a mail, {MANY} {name}", median_ratio(rates[FEW], rates[MANY]), 1.2)
    return outcome


def claim_costs(rigs: list[Rig], times: int = 40) -> list[float]:
    """Microseconds a message of the real statement, prepared, in each database in turn; what it
    claims is put back after."""
    statement = (ROOT / "sql/queries/claim_messages.sql").read_text()
    parameters = CLAIM_PARAMETERS[max(n for n in range(1, 20) if f"${n}" in statement)]
    taken: list[list[float]] = [[] for _ in rigs]
    with ExitStack() as stack:
        connections = [stack.enter_context(rig.database.connect()) for rig in rigs]
        cursors = [psycopg.RawCursor(connection) for connection in connections]
        pairs = list(zip(taken, cursors, strict=True))
        for _, (costs, cursor) in itertools.product(range(times + 5), pairs):
            start = time.perf_counter()
            rows = cursor.execute(statement, parameters, prepare=True).fetchall()
            costs.append((time.perf_counter() - start) / 20)
            assert len(rows) == 20, len(rows)
    for rig in rigs:
        rig.database.execute(
            "UPDATE rekey.outbox SET attempt = 0, leased_until = NULL,"
            " run_at = clock_timestamp() - interval '30 minutes' WHERE leased_until IS NOT NULL"
        )
        rig.tidy()
    return [median(costs[5:]) * 1e6 for costs in taken]


# Two transports


def transports(directory: Path, cluster: Cluster, options: Options) -> Outcome:
    outcome = Outcome()
    rates: dict[str, list[float]] = defaultdict(list)
    firsts: dict[str, list[float]] = defaultdict(list)
    with (
        Rig(directory / "transports", cluster) as rig,
        smtp_sink() as port,
        silent_server() as silent,
    ):
        ways = {
            "the second alone": address(port),
            "the first refuses connections": f"{address(free_port())} {address(port)}",
            "the first never greets": f"{address(silent)} {address(port)}",
        }
        for number, (name, urls) in itertools.product(range(options.rounds), ways.items()):
            rig.preload(options.messages)
            drained = rig.drain(20, urls, options.seconds)
            say(
                f"transports, round {number + 1}, {name}: {drained.rate:.0f}/s,"
                f" first mail after {drained.first_after:.1f} s"
            )
            rates[name].append(drained.rate)
            firsts[name].append(drained.first_after)
    alone, *dead = rates
    for name in rates:
        outcome.row(name, median(rates[name]), "/s")
        outcome.row(f"{name}, start → first mail", median(firsts[name]), "s")
    for name in dead:
        outcome.at_least(f"{name} ÷ alone", median_ratio(rates[name], rates[alone]), 0.8)
    return outcome


@contextmanager
def silent_server() -> Iterator[int]:
    """Takes connections and never says a word."""
    listener = socket.create_server(("127.0.0.1", free_port()), backlog=256)
    taken: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                taken.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for connection in taken:
            connection.close()


PARTS = {
    "throughput": throughput,
    "latency": latency,
    "attachment": attachment,
    "claims": claims,
    "transports": transports,
}
