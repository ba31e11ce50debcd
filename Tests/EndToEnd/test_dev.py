"""`rekey dev` begins only where it may: what others have made stays as it is."""

from pathlib import Path

import pytest
from installation import run_binary


@pytest.mark.parametrize("reset", [[], ["--reset"]], ids=["start", "reset"])
@pytest.mark.parametrize("name", ["accounts.jsonl", "postgres/mine", "lock"])
def test_a_directory_of_somebody_else_is_refused(tmp_path: Path, name: str, reset: list[str]):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("mine")
    done = run_binary("dev", "--walk", "--directory", str(tmp_path), *reset)
    assert done.returncode == 1
    assert f"{tmp_path}/{name.split('/')[0]} was not made by rekey dev" in done.stderr
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == [file]
    assert file.read_text() == "mine"


def test_a_ready_file_in_no_folder_is_refused_before_anything_starts(tmp_path: Path):
    ready = tmp_path / "no" / "ready.json"
    directory = tmp_path / "dev"
    done = run_binary("dev", "--directory", str(directory), "--ready-file", str(ready))
    assert done.returncode == 1
    assert str(ready) in done.stderr
    assert not (directory / "postgres").exists()
