"""Mail templates of one's own, with files beside them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from installation import ROOT, Installation
from received_mail import Mail

PICTURE = "link.inline/logo.png"


def copy_templates(rekey: Installation) -> Path:
    """Those of the program, to be changed, are what is used; the folder of their language."""
    folder = rekey.directory / "templates"
    shutil.copytree(ROOT / "templates", folder)
    rekey.settings["REKEY_TEMPLATES_DIRECTORY"] = str(folder)
    return folder / "mail/en"


def add_files(folder: Path) -> dict[str, bytes]:
    """A picture that the link's mail shows, and attachments; the content of each by its place."""
    html = folder / "link.html.mustache"
    html.write_text(html.read_text().replace("<h1", '<img src="cid:logo.png" alt="Shop"><h1'))
    files = {
        PICTURE: os.urandom(5_001),
        "link.attachments/terms.pdf": os.urandom(300_000),
        "link.attachments/small.bin": b"\0",
        "link.attachments/Große Übersicht.txt": b".\r\n.\n\n.\r" + bytes(range(256)),
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    return files


def check_files(mail: Mail, files: dict[str, bytes]) -> None:
    """All have arrived bit by bit, under their names, and are shown as they should be."""
    parts = {part.get_filename(): part for part in mail.message.walk() if part.get_filename()}
    assert set(parts) == {Path(name).name for name in files}
    for name, content in files.items():
        part = parts[Path(name).name]
        assert part.get_payload(decode=True) == content, name
        is_inline = name == PICTURE
        assert part.get_content_disposition() == ("inline" if is_inline else "attachment")
    assert parts["logo.png"]["Content-ID"] == "<logo.png>"
    assert parts["logo.png"].get_content_type() == "image/png"
    assert parts["terms.pdf"].get_content_type() == "application/pdf"
