"""From a request to its mail, on a system that has nothing else to do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from cluster import Cluster
from delivery_outcome import Options, Outcome
from delivery_rig import Rig, address, say
from faulty_sink import FaultySink


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
