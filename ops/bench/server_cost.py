"""What the work of PostgreSQL costs: processor time, and what it writes to its log."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cluster import Cluster
from database import Database

TICKS = os.sysconf("SC_CLK_TCK")
LINE = re.compile(r"^(\w+/\S+)\s+(\d+) \([^)]*\)\s+(\d+) \([^)]*\)\s+(\d+) ", re.MULTILINE)
# A split puts the entry that did not fit in its place; what it adds one level up is not one more.
ENTRIES = ("Btree/INSERT_LEAF", "Btree/INSERT_POST", "Btree/SPLIT_L", "Btree/SPLIT_R")


def processor_seconds(cluster: Cluster) -> float:
    """User and system time of the postmaster's children, those that have ended too."""
    postmaster = cluster.pid
    ticks = sum(_times(postmaster)[2:])
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if int((place / "stat").read_text().rpartition(")")[2].split()[1]) == postmaster:
                ticks += sum(_times(int(place.name))[:2])
        except OSError:
            continue
    return ticks / TICKS


def _times(process: int) -> list[int]:
    """utime, stime, cutime and cstime (proc(5))."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return [int(word) for word in words[11:15]]


@dataclass
class Written:
    """What a span of the log holds, of the whole cluster."""

    record_bytes: int = 0
    image_bytes: int = 0
    records: dict[str, int] = field(default_factory=dict)

    @property
    def index_entries(self) -> int:
        return sum(self.records.get(name, 0) for name in ENTRIES)


@contextmanager
def written(cluster: Cluster, database: Database) -> Iterator[Written]:
    """Filled in at the end. Begins with a checkpoint, so that the first change of each page writes
    the page whole; these images are counted apart, and without them it is what a long interval
    between checkpoints comes to."""
    found = Written()
    database.administer("CHECKPOINT")
    start = database.value("SELECT pg_current_wal_insert_lsn()::text")
    yield found
    # A record of its own, flushed, so that all before it is in the files.
    end = database.value("SELECT pg_logical_emit_message(true, 'bench', '')::text")
    printed = cluster.run(
        "pg_waldump", "--stats=record", "--path", str(cluster.data / "pg_wal"),
        "--start", start, "--end", end,
    ).decode()  # fmt: skip
    for name, count, record_size, image_size in LINE.findall(printed):
        name = name.removesuffix("+INIT")
        found.records[name] = found.records.get(name, 0) + int(count)
        found.record_bytes += int(record_size)
        found.image_bytes += int(image_size)
