"""Load over HTTP, bounded in time, as wrk makes it with the scripts beside this file."""

from __future__ import annotations

import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
THREADS = 2


@dataclass
class Result:
    name: str
    rate: float
    p50: float | None = None
    p99: float | None = None
    errors: int = 0


def run_wrk(
    name: str, script: str, url: str, seconds: int, connections: int, **environment: str
) -> Result:
    printed = subprocess.run(
        ["wrk", "--threads", str(THREADS), "--connections", str(connections),
         "--duration", f"{seconds}s", "--latency", "--script", str(HERE / script), url],
        env={**os.environ, "REKEY_BENCH_RUN": str(time.monotonic_ns()), **environment},
        check=True, capture_output=True, text=True, timeout=seconds + 60,
    ).stdout  # fmt: skip
    found = re.search(r"^result (\d+) (\d+) (\d+) (\d+) (\d+)$", printed, re.MULTILINE)
    if not found:
        raise SystemExit(f"bench: wrk said nothing to read:\n{printed}")
    requests, duration, p50, p99, errors = map(int, found.groups())
    return Result(name, requests / duration * 1e6, p50 / 1000, p99 / 1000, errors)
