"""The store in a folder keeps the contract of the port; and what the contract cannot know: what a crash leaves."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ori_campaigns.errors import CommitUnknown, StoreUnavailable
from ori_campaigns.ports import Clock
from ori_campaigns.testing import StoreContract, World

from .store import JsonStore


class TestJsonStore(StoreContract):
    durable = True

    @pytest.fixture(autouse=True)
    def place(self, tmp_path: Path) -> Iterator[None]:
        self.folder: Path = tmp_path
        self.opened: list[JsonStore] = []
        yield
        for store in self.opened:
            store.close()

    def new_store(self, clock: Clock) -> JsonStore:
        return self.open(self.folder / str(len(self.opened)), clock)

    def reopen(self, store: object) -> JsonStore:
        # Closing writes nothing, it gives the lock back: as the end of a process does, however that comes.
        [last] = [each for each in self.opened if each is store]
        last.close()
        return self.open(last.folder, last.clock)

    def open(self, folder: Path, clock: Clock) -> JsonStore:
        self.opened.append(JsonStore(folder, clock, sync=False))
        return self.opened[-1]


# --- what a crash leaves ---


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(store=lambda clock: JsonStore(tmp_path, clock))
    world.start(["919800000001", "919800000002"])
    yield world
    close(world)


def close(world: World) -> None:
    assert isinstance(world.store, JsonStore)
    world.store.close()


def told(store: JsonStore) -> object:
    names = [each.id for each in store.campaigns()]
    return [store.events(), [(store.contacts(name), store.attempts(name), store.counters(name)) for name in names]]


def test_a_line_that_was_cut_short_was_never_written(world: World, tmp_path: Path) -> None:
    assert isinstance(world.store, JsonStore)
    before = told(world.store)
    world.service.step()
    assert told(world.store) != before
    close(world)
    journal = tmp_path / "journal"
    journal.write_bytes(journal.read_bytes()[:-3])
    store = JsonStore(tmp_path, world.clock)
    assert told(store) == before
    store.close()


def test_damage_is_told_and_not_taken_for_a_crash(world: World, tmp_path: Path) -> None:
    world.service.step()
    journal = tmp_path / "journal"
    for line in (3, 1):
        close(world)
        whole = journal.read_bytes()
        journal.write_bytes(whole.replace(b"919800000001", b"919800000007", 1))
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match=f"Line {line} of .* is damaged") as caught:
                JsonStore(tmp_path)
            assert caught.value.code == "store_damaged"
        journal.write_bytes(whole)
        # Opening makes one line of them all.
        JsonStore(tmp_path).close()


def test_one_process_at_a_time(world: World, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="is open in another process, or twice in this one") as caught:
        JsonStore(tmp_path)
    assert caught.value.code == "store_in_use"
    close(world)
    JsonStore(tmp_path).close()


def test_a_full_disk_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(world.store, JsonStore)
    before = told(world.store)
    fsync = os.fsync

    def full(_: int) -> None:
        # Cutting the file to what it was goes well.
        monkeypatch.setattr("os.fsync", fsync)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreUnavailable, match="Nothing was written"):
        world.service.step()
    assert told(world.store) == before
    assert len(world.service.step().dials) == 2


def test_a_disk_that_is_gone_leaves_the_commit_unknown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", gone)
    with pytest.raises(CommitUnknown, match="Open the store again"):
        world.service.step()
    with pytest.raises(StoreUnavailable) as caught:
        world.service.step()
    assert caught.value.code == "store_closed"
