"""Mails per second of a worker beside those of smtp-source, and the worker's memory meanwhile."""

from __future__ import annotations

import itertools
from pathlib import Path
from statistics import median

from cluster import Cluster
from delivery_outcome import Options, Outcome, median_ratio
from delivery_rig import Rig, address, mail_size, say, smtp_sink, smtp_source

CONCURRENCIES = (1, 20, 50)


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
