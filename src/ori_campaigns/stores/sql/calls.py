"""Admission (T1) and recording: the two writes of dialling, each one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

import sqlalchemy as sa

from ori_campaigns.campaign import Campaign
from ori_campaigns.contact import place_of
from ori_campaigns.events import AttemptReserved, Fact
from ori_campaigns.instants import Instant
from ori_campaigns.pacing import Line
from ori_campaigns.ports import AdmitAsk
from ori_campaigns.reports import Report
from ori_campaigns.stores import effects
from ori_campaigns.stores.rows import AttemptRow, ContactRow
from ori_campaigns.stores.sql.attempts import Attempts
from ori_campaigns.stores.sql.campaigns import CampaignRow, Campaigns
from ori_campaigns.stores.sql.carriers import Carriers, Trunk
from ori_campaigns.stores.sql.contacts import Contacts
from ori_campaigns.stores.sql.log import Log
from ori_campaigns.stores.sql.values import word
from ori_campaigns.views import AdmitView, Changes, ReportView

R = TypeVar("R")


class SqlAdmitView:
    """A campaign about to dial."""

    def __init__(
        self,
        now: Instant,
        row: CampaignRow,
        lines: Sequence[Line | None],
        offer: Callable[[], Iterator[ContactRow]],
    ) -> None:
        self.now, self.campaign, self.lines = now, row.campaign, lines
        self.live, self.cursor, self.next_serial = row.run.live, row.cursor, row.next_serial
        self._offer = offer
        self.seen: dict[int, ContactRow] = {}

    @property
    def candidates(self) -> Iterator[ContactRow]:
        """Waiting contacts in the order of P4; read page by page, as far as the rule looks."""
        for contact in self._offer():
            yield self.seen.setdefault(contact.ordinal, contact)


class SqlReportView:
    """A batch of reports with their attempts."""

    def __init__(self, now: Instant, items: Sequence[tuple[Report, AttemptRow | None]]) -> None:
        self.now, self.items = now, items


class Dialling:
    """The transactions of dialling."""

    def __init__(
        self, campaigns: Campaigns, contacts: Contacts, attempts: Attempts, carriers: Carriers, log: Log
    ) -> None:
        self._campaigns, self._contacts, self._attempts = campaigns, contacts, attempts
        self._carriers, self._log = carriers, log

    def admit(
        self,
        connection: sa.Connection,
        clock: Callable[[], Instant],
        workspace: str,
        ask: AdmitAsk,
        rule: Callable[[AdmitView], Changes[R]],
        *,
        lock_carriers: bool,
    ) -> R:
        """Lock the carriers that may be used, then the campaign; offer its contacts; write what the rule reserves."""
        wanted = [name for name, calls in ask.quotas.items() if calls > 0]
        trunks = self._carriers.of_workspace(connection, workspace)
        if wanted and lock_carriers:
            trunks |= self._carriers.lock(connection, workspace, wanted)
        row = self._campaigns.lock(connection, ask.campaign_id)
        now = clock()
        lines = self._lines(trunks, row.campaign, now, ask.quotas)
        calls = sum(line.free for line in {line.carrier: line for line in lines if line is not None}.values())
        seats = row.campaign.config.concurrency_limit - row.run.live
        view = SqlAdmitView(now, row, lines, lambda: self._contacts.offered(connection, row, now, min(calls, seats)))
        changes = rule(view)
        # Admission answers no other facts.
        facts: Sequence[AttemptReserved] = changes.facts  # type: ignore[assignment]
        if facts:
            opened = self._reserve(connection, row, facts, view.seen)
            if lock_carriers:
                over = {(row.campaign.id, each.serial): each.carrier for each in opened}
                self._carriers.remember(workspace, over)
            for carrier, taken in sorted(Counter(fact.carrier for fact in facts).items()):
                self._carriers.take(connection, workspace, trunks[carrier], taken, now)
        self._contacts.put_off(connection, row, changes.later)
        if facts or (changes.cursor is not None and changes.cursor != row.cursor):
            row.cursor = row.cursor if changes.cursor is None else changes.cursor
            self._campaigns.save_dialling(connection, row)
        self._log.append(connection, ((row.campaign.id, fact) for fact in facts))
        return changes.result

    def _lines(
        self, trunks: Mapping[str, Trunk], campaign: Campaign, now: Instant, quotas: Mapping[str, int]
    ) -> list[Line | None]:
        lines: dict[str, Line] = {}
        pool = self._carriers.pool(trunks, campaign.numbers)
        for trunk in pool:
            if trunk is not None and trunk.carrier.id not in lines:
                lines[trunk.carrier.id] = trunk.line(now, quotas.get(trunk.carrier.id, 0))
        return [None if trunk is None else lines[trunk.carrier.id] for trunk in pool]

    def _reserve(
        self,
        connection: sa.Connection,
        row: CampaignRow,
        facts: Sequence[AttemptReserved],
        seen: Mapping[int, ContactRow],
    ) -> list[AttemptRow]:
        opened = [effects.reserve(row.campaign, row.run, seen[fact.contact], fact) for fact in facts]
        row.next_serial += len(opened)
        row.served_at = facts[-1].at
        self._attempts.insert(connection, row, opened)
        self._contacts.call(connection, row, (attempt.contact for attempt in opened))
        return opened

    def record(
        self,
        connection: sa.Connection,
        clock: Callable[[], Instant],
        reports: Sequence[Report],
        rule: Callable[[ReportView], Changes[R]],
        *,
        lock_carriers: bool,
    ) -> R:
        """Find the attempts that are reported on, lock their campaigns, and write what the rule makes of it."""
        places = [self._place(connection, report) for report in reports]
        wanted: dict[str, set[int]] = {}
        for place in places:
            if place is not None:
                wanted.setdefault(place[0], set()).add(place[1])
        if lock_carriers:
            self._carriers.lock_of_calls(connection, {place for place in places if place is not None})
        rows = self._campaigns.lock_several(connection, list(wanted)) if wanted else {}
        found = {
            (campaign_id, serial): attempt
            for campaign_id, row in rows.items()
            for serial, attempt in self._attempts.by_serial(connection, row, wanted[campaign_id]).items()
        }
        attempts = [None if place is None else found.get(place) for place in places]
        live = {attempt.id for attempt in found.values() if attempt.live}
        changes = rule(SqlReportView(clock(), list(zip(reports, attempts, strict=True))))
        self._apply(connection, rows, {attempt.id: attempt for attempt in found.values()}, changes.facts)
        over = [attempt for attempt in found.values() if attempt.id in live and not attempt.live]
        self._carriers.free(connection, Counter((attempt.campaign.workspace, attempt.carrier) for attempt in over))
        self._carriers.rest(connection, changes.back_off)
        return changes.result

    def _apply(
        self,
        connection: sa.Connection,
        rows: Mapping[str, CampaignRow],
        attempts: Mapping[str, AttemptRow],
        facts: Sequence[Fact],
    ) -> None:
        for fact in facts:
            # Recording answers facts of attempts only, each of one that the rule was shown.
            effects.apply(attempts[fact.attempt], fact)  # type: ignore[union-attr]
        changed = [(rows[attempt.campaign.id], attempt) for attempt in attempts.values()]
        self._attempts.save(connection, changed)
        self._contacts.save(connection, ((row, attempt.contact) for row, attempt in changed))
        for row in rows.values():
            self._campaigns.save_run(connection, row)
        entries: Iterable[tuple[str, Fact]] = (
            (attempts[fact.attempt].campaign.id, fact)  # type: ignore[union-attr]
            for fact in facts
        )
        self._log.append(connection, entries)

    def _place(self, connection: sa.Connection, report: Report) -> tuple[str, int] | None:
        """Return where the attempt is that a report is about: by our id, else by the carrier's."""
        if report.attempt_id:
            # What no database keeps is no id of ours.
            return place_of(report.attempt_id) if word(report.attempt_id) == report.attempt_id else None
        ref = getattr(report, "carrier_ref", "")
        return self._attempts.place_by_ref(connection, ref) if ref else None
