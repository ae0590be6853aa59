"""The list, the detail page and the pages of contacts say the same on every store, to the last letter of their JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import pytest

from ori_campaigns.codec import dumps
from ori_campaigns.contact import ContactStatus
from ori_campaigns.errors import CampaignsError
from ori_campaigns.ports import Clock, Store
from ori_campaigns.reports import Ended
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.testing.bench import Bench, lively, number
from stores.engines import DURABLE, ENGINES, place_of

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


# What a request may ask for, and what comes of it: a code, or how many there are.
ANYTHING: list[tuple[str, dict[str, Any], str | int]] = [
    *(("contacts", {"after": after}, "bad_cursor") for after in (-5, -2, 2**31, 2**63, 10**30)),
    ("contacts", {"after": -1}, 2),
    ("contacts", {"after": 0}, 1),
    ("contacts", {"after": 2**31 - 1}, 0),
    *(("contacts", {"limit": limit}, "bad_limit") for limit in (-1, 0, 1001, 2**70)),
    *(("contacts", {"campaign_id": name}, "not_found") for name in ("\ud800", "a\x00b", "x" * 300, "", "nobody00")),
    *(
        ("contacts", {"disposition": word}, 0)
        for word in ("\ud800", "\x00", "no_answer\x00", "x" * 10_000, "%", "' OR 1")
    ),
    ("contacts", {"disposition": "no_answer"}, 1),
    ("contacts", {"status": "\ud800"}, "unknown_status"),
    ("contacts", {"callback": "\x00"}, "unknown_callback_state"),
    ("contacts", {"number": "\ud800"}, "bad_number"),
    ("contacts", {"number": "9" * 5000}, "bad_number"),
    *(("detail", {"activity": many}, "bad_limit") for many in (-1, 10_001, 2**63, 2**70)),
    ("detail", {"activity": 0}, 0),
    ("detail", {"activity": 1}, 1),
    ("detail", {"activity": 10_000}, 2),
    *(("detail", {"campaign_id": name}, "not_found") for name in ("\ud800", "\x00", "x" * 300)),
    *((read, {"campaign_id": "\udfff"}, "not_found") for read in ("get", "counters", "activity")),
    *(("list_page", {"search": word}, 0) for word in ("\ud800", "\x00", "x" * 10_000, "%", "_")),
    *(("list_page", {"workspace": word}, 0) for word in ("\ud800", "\x00")),
    ("list_page", {"status": "\ud800"}, "unknown_status"),
    *(("list_page", {"after": word}, "bad_cursor") for word in ("9" * 30 + ".x", "5.\ud800", "5.\x00")),
    ("list_page", {"after": "-" + "9" * 18 + ".x"}, 0),
    ("list_page", {"after": "9" * 18 + "."}, 1),
    ("list", {"search": "\ud800"}, 0),
    ("list", {"status": "\ud800"}, "unknown_status"),
]


def came_of(call: Callable[[], Any]) -> str | int:
    try:
        found = call()
    except CampaignsError as error:
        return error.code
    return len(found.activity if hasattr(found, "activity") else found.rows)


@pytest.mark.parametrize("engine", ENGINES)
def test_whatever_is_asked_has_the_same_answer_on_every_store(engine: str) -> None:
    with place_of(engine) as place:
        bench = Bench(store=place.new)
        campaign = bench.running(2, concurrency_limit=2)
        one, other = bench.dials()
        # Nothing keeps a carrier from saying this; in a database it is kept otherwise.
        bench.tell(Ended(one.attempt_id, bench.clock.now(), "no_answer\x00"))
        bench.no_answer(other)
        for read, asked, expected in ANYTHING:
            call = partial(getattr(bench.service, read), **asked)
            if read in {"contacts", "detail"} and "campaign_id" not in asked:
                call = partial(call, campaign.id)
            assert came_of(call) == expected, (read, asked)
