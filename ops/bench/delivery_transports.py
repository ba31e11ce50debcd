"""The second of two transports while the first is dead."""

from __future__ import annotations

import itertools
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from cluster import Cluster
from delivery_outcome import Options, Outcome, median_ratio
from delivery_rig import Rig, address, say, smtp_sink
from ports import free_port


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
