"""What was done in a run with chaos, what was answered, and what is wrong with it."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TextIO

from chaos_run import ChaosRun


def report(run: ChaosRun, out: TextIO = sys.stdout) -> None:
    def counts(title: str, counted: Counter[str]) -> None:
        print(f"\n{title}", file=out)
        for name, number in sorted(counted.items(), key=lambda one: one[0]):
            print(f"  {name:<44} {number:>7}", file=out)

    counts("what was done", run.done)
    counts("answers", run.history.answers)
    counts(f"{run.judge.judged} consumes judged", run.judge.told)
    print(f"\n{len(run.history.by_id)} requests, {len(run.people.tokens)} links mailed", file=out)
    for violation in run.history.violations[:50]:
        print(f"VIOLATION {violation}", file=out)
    print(f"{len(run.history.violations)} violations", file=out)
