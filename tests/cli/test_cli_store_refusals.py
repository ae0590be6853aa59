"""What cannot be done over a store is said in a sentence, with 2, and changes nothing."""

from __future__ import annotations

import re
import shlex
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from cli.commands import Command, Done, leads
from cli.store_world import draft, open_store, people, service_of
from ori_campaigns.stores.sql import opening


def refusals() -> dict[str, tuple[list[str], str]]:
    """Read store_refusals.txt: what each case is called, the command, and what is said to it."""
    text = (Path(__file__).parent / "store_refusals.txt").read_text(encoding="utf-8")
    cases = re.findall(r"^# (.+)\n\$ (.+)\n((?:error: .+\n)+)", text, re.MULTILINE)
    return {name: (shlex.split(command), said) for name, command, said in cases}


REFUSED = refusals()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the cases want it."""
    folder = tmp_path_factory.mktemp("stores")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        leads()
        store = open_store()
        service = service_of(store, "aaaa1111", "bbbb3333", "aaaa2222")
        first, older = service.create(draft(), people(3), by="asha"), service.create(draft("Renewals 2025"), by="asha")
        service.create(draft("Reminders"), people(3), by="asha")
        service.start(first.id, by="asha")
        service.edit(older.id, draft("Renewals 2025"), people(3, 50), by="asha", version=older.version)
        service.start(older.id, by="asha")
        service.stop(older.id, by="asha")
        store.close()
        open_store("empty").close()
        open_store("newer").close()
        with closing(sqlite3.connect("newer.db")) as newer, newer:
            newer.execute("UPDATE ori_meta SET value = '99'")
        Path("text.db").write_text("This is a text, and a long one. " * 40, encoding="utf-8")
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared, tmp_path, dirs_exist_ok=True)
    return tmp_path


def statuses() -> dict[str, str]:
    store = open_store()
    found = {each.id: each.status.value for each in store.campaigns()}
    store.close()
    return found


def test_every_refusal_is_read() -> None:
    text = (Path(__file__).parent / "store_refusals.txt").read_text(encoding="utf-8")
    assert len(REFUSED) == text.count("\n$ ")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("command", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_refused_in_a_sentence(command: list[str], said: str, ori: Command) -> None:
    before = {path.name for path in Path().iterdir()}
    assert ori(*command) == Done(2, "", said)
    assert statuses() == {"aaaa1111": "running", "aaaa2222": "draft", "bbbb3333": "completed"}
    left = {path.name for path in Path().iterdir()} - before
    assert not {name for name in left if not name.endswith(("-wal", "-shm"))}


@pytest.mark.usefixtures("folder")
def test_a_locked_store_is_waited_for_and_then_told(ori: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "WAIT", 0.1)
    with closing(sqlite3.connect("campaigns.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        done = ori("pause", "aaaa1")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: The store cannot be used now: another program keeps campaigns.db locked. "
        "Close it, or try again. Nothing was changed.\n"
    )


@pytest.mark.parametrize("command", [["run", "leads.csv"], ["list"], ["show", "a"], ["audit"]])
def test_without_the_extra_its_name_is_told(command: list[str], ori: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    leads()
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    said = "error: A store that lasts needs the extra 'sql': python -m pip install 'ori-campaigns[sql]'\n"
    assert ori(*command) == Done(2, "", said)


def test_a_database_of_somebody_else_is_left_as_it_is(ori: Command) -> None:
    with closing(sqlite3.connect("other.db")) as other, other:
        other.execute("CREATE TABLE theirs (id)")
    done = ori("list", "--store", "sqlite:///other.db")
    assert done == Done(
        2, "", "error: There are no campaigns in other.db. Make one: python -m ori_campaigns run LEADS.csv\n"
    )
    with closing(sqlite3.connect("other.db")) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


def test_a_password_is_never_repeated(ori: Command) -> None:
    done = ori("list", "--store", "postgresql://asha:hunter2@localhost:1/campaigns")
    assert done.code == 2
    assert done.err.startswith(
        "error: The store cannot be used now: postgresql+psycopg://asha:***@localhost:1/campaigns"
    )
    assert "hunter2" not in done.err
    assert len(done.errors) == 1
