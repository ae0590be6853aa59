"""One campaign in each stage of life, on one shelf."""

from __future__ import annotations

from typing import Any

from ori_campaigns.campaign import Campaign
from ori_campaigns.codec import to_plain
from ori_campaigns.config import CampaignMode
from ori_campaigns.testing.bench import Bench

STAGES = ("draft", "running", "paused", "completed", "failed", "prepared restart")


def in_stage(bench: Bench, stage: str, **changes: Any) -> Campaign:
    """Make a campaign of three people, and bring it there."""
    people = [f"9198{len(bench.store.campaigns()):04d}{nth:04d}" for nth in range(3)]
    service = bench.service
    if stage == "draft":
        return bench.create(people, **changes)
    campaign = bench.start(people, **{"mode": CampaignMode.MULTI_DAY, **changes})
    if stage == "paused":
        service.pause(campaign.id, by="ops")
    elif stage in {"completed", "prepared restart"}:
        service.stop(campaign.id, by="ops")
    elif stage == "failed":
        service.fail(campaign.id, "no_usable_number", by="ops")
    if stage == "prepared restart":
        bench.clock.advance(minutes=30)
        service.restart(campaign.id, by="meera")
    return service.get(campaign.id)


def rows(bench: Bench, **asked: Any) -> list[dict[str, Any]]:
    """Return the rows of the list as a browser gets them."""
    found: list[dict[str, Any]] = to_plain(bench.service.list_page(**asked))["rows"]
    return found


def row_in(stage: str, **changes: Any) -> dict[str, Any]:
    """Return the row of a campaign in this stage, as a browser gets it."""
    bench = Bench()
    in_stage(bench, stage, **changes)
    [row] = rows(bench)
    return row
