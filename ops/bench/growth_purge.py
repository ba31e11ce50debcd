"""A purge of half of what is stored, in two parts, and strangers' requests meanwhile."""

from __future__ import annotations

import signal
import subprocess
import time

from delivery_outcome import Outcome
from delivery_rig import say
from growth_fill import DAYS
from paced import Answers, strangers
from side import Serving, Side

PER_SECOND = 100
LONGEST = 300
TABLES = ("reset_request", "account", "rate_limit", "idempotency", "outbox")


def purge(side: Side, seconds: int) -> Outcome:
    """The first part with the share of the time that is the default, the second with all of it."""
    outcome = Outcome()
    with side.serve("--no-worker") as serving:
        for days, arguments in ((DAYS * 3 // 4, []), (DAYS // 2, ["--share", "100"])):
            _part(side, serving, outcome, days, arguments, seconds)
    return outcome


def _part(
    side: Side, serving: Serving, outcome: Outcome, days: int, arguments: list[str], seconds: int
) -> None:
    label = " ".join(["purge", *arguments])
    before = _quiet(serving, seconds)
    stored = _stored(side)
    start = time.monotonic()
    process = subprocess.Popen(
        [side.binary, "purge", "--older-than", f"{days}d", *arguments], env=side.environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        with strangers(serving, PER_SECOND) as during:
            _watch(process, label, side, stored, start)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(10)
    took = time.monotonic() - start
    after = _quiet(serving, seconds)
    gone = {table: stored[table] - rest for table, rest in _stored(side).items()}
    total = sum(max(count, 0) for count in gone.values())
    outcome.row(f"{label}: requests deleted", gone["reset_request"], f"in {took:.1f} s")
    outcome.row(f"{label}: other rows deleted", total - gone["reset_request"], "")
    for name, answers in (("before", before), ("meanwhile", during), ("after", after)):
        outcome.row(f"{label}: requests {name}, p50", answers.percentile(50), "ms")
        outcome.row(f"{label}: requests {name}, p99", answers.percentile(99), "ms")
    outcome.row(f"{label}: requests refused meanwhile", during.refused, "")
    outcome.at_least(f"{label}: rows/s", total / took, 100_000)
    quiet = (before.percentile(99) + after.percentile(99)) / 2
    outcome.at_most(f"{label}: p99 ÷ before and after", during.percentile(99) / quiet, 1.3)


def _quiet(serving: Serving, seconds: int) -> Answers:
    with strangers(serving, PER_SECOND) as answers:
        time.sleep(seconds * 2)
    return answers


def _watch(
    process: subprocess.Popen, label: str, side: Side, stored: dict[str, int], start: float
) -> None:
    while True:
        try:
            process.wait(5)
            break
        except subprocess.TimeoutExpired:
            if time.monotonic() > start + LONGEST:
                process.send_signal(signal.SIGTERM)
                process.wait(30)
                break
            say(f"{label}: {time.monotonic() - start:.0f} s")
    if process.returncode not in (0, 1):
        raise RuntimeError(f"purge ended with {process.returncode}")


def _stored(side: Side) -> dict[str, int]:
    """Counted, not estimated; index-only scans of what was vacuumed are quick."""
    return {table: side.database.count(table) for table in TABLES}
