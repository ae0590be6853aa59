"""All that a web page needs is in the JSON: both pages are drawn from it alone, and compared with what was looked at.

Written anew by `python tests/pages/test_pages_drawn.py --write`; read the difference before it is kept.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from ori_campaigns.campaign import CampaignStatus
from ori_campaigns.carriers import Bot, Carrier, CarrierNumber
from ori_campaigns.codec import dumps
from ori_campaigns.config import CampaignMode
from ori_campaigns.testing.bench import Bench, number
from pages.drawn import detail_text, list_text
from pages.stages import STAGES

HERE = Path(__file__).parent


def lived(stage: str) -> Bench:
    """Make a campaign of three people: two are called before it comes to this stage, one talks and one does not."""
    bench = Bench()
    bench.directory.add(
        Bot("renewals-v3", callbacks=True, name="Renewals (Hindi)"),
        Carrier("trunk", [CarrierNumber("911140001000", "Support team"), "911140001001"], cps=100, burst=100),
    )
    people = [number(nth) for nth in range(3)]
    settings: dict[str, Any] = {"name": "Q2 Renewals", "mode": CampaignMode.MULTI_DAY, "concurrency_limit": 2}
    if stage == "draft":
        bench.create(people, **settings)
        return bench
    campaign = bench.running(people, **settings, always_on=stage == "running")
    talks, nobody = bench.dials()
    bench.no_answer(nobody)
    bench.talked(talks)
    if stage == "running":
        bench.dials()
    if stage == "paused":
        bench.service.pause(campaign.id, by="asha")
    if stage in {"completed", "prepared restart"}:
        bench.service.stop(campaign.id, by="asha")
    if stage == "failed":
        bench.service.fail(campaign.id, "no_usable_number", by="engine")
    if stage == "prepared restart":
        bench.clock.advance(hours=1)
        prepared = bench.service.restart(campaign.id, by="meera")
        retry = attrs.evolve(prepared.config.retry, max_attempts=3)
        fewer = bench.draft_of(
            prepared, numbers=["911140001000"], config=attrs.evolve(prepared.config, retry=retry, sticky_exclusion=True)
        )
        bench.service.edit(campaign.id, fewer, by="meera", version=prepared.version)
    return bench


def drawn(stage: str) -> str:
    service, name = (bench := lived(stage)).service, bench.campaign.id
    status = CampaignStatus.DRAFT if stage == "prepared restart" else CampaignStatus(stage)
    found = service.list_page(search="renewals", status=status, zone="Asia/Kolkata")
    pages = [
        list_text(dumps(found)),
        list_text(dumps(service.list_page(search="nobody", zone="Asia/Kolkata"))),
        list_text(dumps(service.list_page(workspace="elsewhere", zone="Asia/Kolkata"))),
        detail_text(
            dumps(service.detail(name, zone="Asia/Kolkata")),
            dumps(service.contacts(name, zone="Asia/Kolkata")),
            found.columns,
        ),
    ]
    return f"{'=' * 120}\n".join(pages)


def kept(stage: str) -> Path:
    return HERE / "golden" / f"{stage.replace(' ', '_')}.txt"


@pytest.mark.behaviour("M1", "M2", "M3", "M4", "M8", "L18")
@pytest.mark.parametrize("stage", STAGES)
def test_both_pages_are_drawn_from_their_json(stage: str) -> None:
    assert drawn(stage) == kept(stage).read_text(encoding="utf-8")


def test_whoever_draws_knows_nothing_of_the_library() -> None:
    tree = ast.parse((HERE / "drawn.py").read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported == {"__future__", "collections.abc", "json", "typing"}


def test_whoever_draws_knows_no_word() -> None:
    tree = ast.parse((HERE / "drawn.py").read_text(encoding="utf-8"))
    keys = {id(node.slice) for node in ast.walk(tree) if isinstance(node, ast.Subscript)}
    keys |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    said = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in keys
    ]
    assert said
    assert [text for text in said if any(map(str.isalnum, text))] == []


if __name__ == "__main__" and "--write" in sys.argv:
    (HERE / "golden").mkdir(exist_ok=True)
    for each in STAGES:
        kept(each).write_text(drawn(each), encoding="utf-8")
