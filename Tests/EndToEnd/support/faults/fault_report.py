"""What was done in a run with faults, what came of it, and which fault explains each duplicate."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TextIO

from checker import Verdict
from fault_run import FaultRun
from history import OPEN


def report(run: FaultRun, verdict: Verdict, out: TextIO = sys.stdout) -> None:
    def counts(title: str, counted: Counter[str]) -> None:
        print(f"\n{title}", file=out)
        for name, number in sorted(counted.items(), key=lambda one: -one[1]):
            print(f"  {name:<44} {number:>7}", file=out)

    counts(f"{sum(run.done.values())} faults", run.done)
    counts("what the mail server did", run.sink.done)
    counts("answers to requests", run.history.answers)
    counts("how requests ended", verdict.ends)
    counts(f"{verdict.mails} mails; duplicates by the fault that explains each", verdict.duplicates)
    states = sum(len(seen) for seen in run.history.statuses.values())
    print(f"\n{len(run.history.acknowledged)} acknowledged, {states} changes of state seen,"
          f" {run.clock.advanced / 60:.0f} minutes of simulated time", file=out)  # fmt: skip
    still_open = [one for one, seen in run.history.statuses.items() if seen and seen[-1] in OPEN]
    if still_open:
        print(f"{len(still_open)} were still open when last looked at", file=out)
    for violation in verdict.violations[:50]:
        print(f"VIOLATION {violation}", file=out)
    print(f"{len(verdict.violations)} violations", file=out)
