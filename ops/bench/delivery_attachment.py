"""The memory that large attachments cost a worker."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from cluster import Cluster
from delivery_outcome import Options, Outcome
from delivery_rig import ROOT, Rig, address, mail_size, say, smtp_sink

ATTACHMENT_MB = 100


def attachment(directory: Path, cluster: Cluster, options: Options) -> Outcome:
    outcome = Outcome()
    templates = directory / "templates"
    shutil.copytree(ROOT / "templates", templates)
    with Rig(directory / "attachment", cluster) as rig, smtp_sink() as port:
        plain = drain_twenty(rig, port, templates)
        attach(templates)
        size = mail_size(rig, REKEY_TEMPLATES_DIRECTORY=str(templates))
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
