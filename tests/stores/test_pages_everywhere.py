"""The list, the detail page and the pages of contacts say the same on every store, to the last letter of their JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from ori_campaigns.codec import dumps
from ori_campaigns.contact import ContactStatus
from ori_campaigns.ports import Clock, Store
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.testing.bench import Bench, lively, number
from stores.engines import DURABLE, place_of

FILTERS = [
    {},
    *({"status": status} for status in ContactStatus),
    {"number": number(22)},
    {"disposition": "no_answer"},
    {"disposition": "sold", "status": "completed"},
    {"callback": "cancelled"},
]


def pages(store: Callable[[Clock], Store], *, finish: bool) -> list[str]:
    bench = Bench(store=store)
    lively(bench, finish=finish)
    bench.create([number(0)], name="Öffnung")
    service = bench.service
    found = [service.list_page(), service.list_page(search="öFF"), service.list_page(status="running", limit=1)]
    told = [dumps(page) for page in found]
    for campaign in bench.store.campaigns():
        told.append(dumps(service.detail(campaign.id)))
        told += [dumps(service.contacts(campaign.id, reveal=True, limit=7, **asked)) for asked in FILTERS]  # type: ignore[arg-type]
    return told


@cache
def in_memory(*, finish: bool) -> list[str]:
    return pages(MemoryStore, finish=finish)


@pytest.mark.behaviour("M1", "M2", "M3", "M8")
@pytest.mark.parametrize("finish", [False, True])
@pytest.mark.parametrize("engine", DURABLE)
def test_pages_say_the_same_on_every_store(engine: str, finish: bool) -> None:
    with place_of(engine) as place:
        assert pages(place.new, finish=finish) == in_memory(finish=finish)
