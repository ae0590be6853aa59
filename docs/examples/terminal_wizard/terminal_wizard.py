"""The five-step wizard in a terminal: `python terminal_wizard.py`, then `1 Q2 Renewal Drive`, `next`, and so on."""

from __future__ import annotations

import getpass
import textwrap
from collections.abc import Iterator

import ori_campaigns as ori
from ori_campaigns.wizard import Kind, PageField, Wizard, WizardPage

TRUNK = ori.Carrier("trunk", numbers=["+91 11 4000 1000", "+91 11 4000 1001"], channels=60)
DIRECTORY = ori.StaticDirectory(bots=[ori.Bot("renewals-v3", name="Renewals")], carriers=[TRUNK])


def drawn(page: WizardPage) -> Iterator[str]:
    """Draw a page, line by line: whatever is on it was decided by the wizard."""
    steps = (f"[{pill.label}]" if pill.step == page.step else pill.label for pill in page.pills)
    yield f"\n{page.title}: {' > '.join(steps)}"
    yield from (f"* {notice.text}" for notice in page.notices)
    for place, field in enumerate(page.fields, start=1):
        value = ("on" if field.on else "off") if field.kind is Kind.TOGGLE else field.value
        yield f"{place:>3} {field.label}{'*' if field.required else ''}: {value}".rstrip()
        yield from textwrap.wrap(field.help, 75, initial_indent="      ", subsequent_indent="      ")
        for nth, option in enumerate(field.options, start=1):
            yield f"      {nth:>2} [{'x' if option.ticked else ' '}] {option.label} {option.detail}".rstrip()
        yield from (f"      ! {problem.message}" for problem in field.problems if not problem.missing)
    if page.preview:
        yield from (" | ".join(row) for row in (page.preview.header, *page.preview.rows))
    if page.review:
        yield from (f"{row.label:>28}  {row.value}" for row in (*page.review.grid, *page.review.rules))
        yield from (page.review.confirm, *(f"  - {each}" for each in page.review.checklist), page.review.note)
        yield from (f"! {problem}" for problem in (*page.problems, *page.failures))
    yield " ".join(f"[{button.key}]" for button in page.buttons if button.enabled and button.key != "browse")


def entered(wizard: Wizard, field: PageField, text: str) -> Wizard:
    """Put into a field what was typed after its place; of options, their places."""
    if field.kind is Kind.TOGGLE:
        return wizard.toggle(field.key)
    if not field.options:
        return wizard.enter(field.key, text).leave(field.key)
    by_place = {str(place): option.value for place, option in enumerate(field.options, start=1)}
    for value in (by_place[place] for place in text.split() if place in by_place):
        wizard = wizard.enter(field.key, value) if field.kind is Kind.CHOICE else wizard.toggle(field.key, value)
    return wizard


class Desk:
    def __init__(self, service: ori.CampaignService) -> None:
        self.service, self.me = service, getpass.getuser()
        self.wizard = service.new_wizard(time_zone="Asia/Kolkata")
        self.leads: ori.Leads | None = None
        self.campaign: ori.Campaign | None = None

    def obey(self, command: str, text: str) -> None:
        fields = {str(place): field for place, field in enumerate(self.wizard.page().fields, start=1)}
        if command == "next":
            self.wizard = self.wizard.next()
        elif command == "back":
            self.wizard = self.wizard.back()
        elif command == "create" and self.wizard.can_create:
            self.create()
        elif command in fields and fields[command].kind is Kind.FILE:
            self.upload(text)
        elif command in fields:
            self.wizard = entered(self.wizard, fields[command], text)

    def upload(self, path: str) -> None:
        try:
            self.leads = ori.read_leads(path)
        except (ori.IngestError, OSError) as error:
            self.wizard = self.wizard.upload_failed(error, source=path)
        else:
            self.wizard = self.wizard.upload(self.leads)

    def create(self) -> None:
        try:
            self.campaign = self.service.save(self.wizard, self.leads, by=self.me)
        except ori.CampaignsError as error:
            self.wizard = self.wizard.failed(error)


def main() -> None:
    desk, command = Desk(ori.CampaignService(ori.SqlStore("sqlite:///campaigns.db"), DIRECTORY)), ""
    while desk.campaign is None and command != "quit":
        print(*drawn(desk.wizard.page()), sep="\n")
        command, _, text = input("> ").partition(" ")
        desk.obey(command, text)
    if desk.campaign is not None:
        print(desk.wizard.saved(desk.campaign.id).toast)
        if input("Start it now? ") == "yes":
            desk.service.start(desk.campaign.id, by=desk.me)
        row = desk.service.list_page().rows[0]
        print(row.name, row.badge.label, f"{row.progress.part} of {row.progress.whole}", sep="  ")


if __name__ == "__main__":
    main()
