"""Files are written whole, all or none, and never over something."""

from __future__ import annotations

from pathlib import Path

import pytest

from ori_campaigns.cli import places


def half(path: Path) -> None:
    path.write_text("half a fi")
    raise OSError(28, "No space left on device")


def good(path: Path) -> None:
    path.write_text("whole")


def test_a_folder_is_made_and_filled(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    places.write_files(folder, {folder / "a": good, tmp_path / "b": good})
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b", "new"]


def test_all_or_none(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    with pytest.raises(OSError, match="No space left"):
        places.write_files(folder, {folder / "a": good, tmp_path / "b": good, folder / "c": half})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_there_stays(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    with pytest.raises(OSError, match="No space left"):
        places.write_files(folder, {folder / "a": good, folder / "c": half})
    assert list(tmp_path.rglob("*")) == [folder]


def test_a_writer_made_whole_shows_its_file_when_it_is_done(tmp_path: Path) -> None:
    def looking(path: Path) -> None:
        good(path)
        assert not (tmp_path / "a").exists()

    places.whole(looking)(tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    with pytest.raises(OSError, match="No space left"):
        places.whole(half)(tmp_path / "b")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_the_next_free_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ori-demo-1", "ori-demo-2", "ori-demo-4"):
        Path(name).mkdir()
    assert places.new_folder("ori-demo") == Path("ori-demo-3")


def test_what_may_be_written_into(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / ".hidden").touch()
    (tmp_path / "file").touch()
    (tmp_path / "dangling").symlink_to(tmp_path / "absent")
    codes = {
        name: [problem.code for problem in places.folder_problems("--out", tmp_path / name)]
        for name in ("new", "empty", "full", "file", "dangling", "absent/new", "file/new")
    }
    assert codes == {
        "new": [],
        "empty": [],
        "full": ["folder_not_empty"],
        "file": ["not_a_folder"],
        "dangling": ["not_a_folder"],
        "absent/new": ["no_such_folder"],
        "file/new": ["no_such_folder"],
    }
    assert places.new_file_problems("--skipped", tmp_path / "new.csv") == []
    assert [each.code for each in places.new_file_problems("--skipped", tmp_path / "file")] == ["file_exists"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dangling", "empty", "file", "full"]


def test_a_name_that_cannot_be_is_told(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    assert [each.code for each in places.new_file_problems("--skipped", path)] == ["folder_not_writable"]
