"""What can be chosen in a field, with what was chosen and is not offered any more (W4, W5, W8, W9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ori_campaigns.carriers import Carrier, CarrierNumber
from ori_campaigns.config import SYSTEM_DISPOSITIONS
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.windows import CallingWindow
from ori_campaigns.wizard.entries import Entries
from ori_campaigns.wizard.facts import Offers
from ori_campaigns.wizard.page import Option
from ori_campaigns.wizard.texts import WizardTexts


def options_of(key: str, entries: Entries, offers: Offers, texts: WizardTexts) -> tuple[Option, ...]:
    """Return the options of a field, none for one without."""
    chosen: Iterable[str]
    match key:
        case "numbers":
            return _numbers(entries.numbers, offers, texts)
        case "bot":
            chosen, offered = (entries.bot,), {bot.id: bot.label for bot in offers.bots}
        case "mode":
            chosen, offered = (entries.mode,), dict(texts.modes)
        case "timezone":
            chosen, offered = (entries.timezone,), _time_zones(entries.timezone, offers, texts)
        case "working_days":
            chosen, offered = entries.working_days, dict(texts.days)
        case "on_system":
            chosen, offered = entries.on_system, _dispositions(entries.on_system, offers)
        case _:
            return ()
    return _options(chosen, offered, texts)


def zone_label(name: str, texts: WizardTexts) -> str:
    """Return the label of a time zone (W8)."""
    return texts.time_zones.get(name, name)


def number_labels(offers: Offers, texts: WizardTexts) -> Mapping[PhoneNumber, str]:
    """Return the host's numbers, each with its label where it has one; of several entries the one offered (W5)."""
    labels = {number: _labelled(entry, texts) for number, (entry, _) in offers.outbound().items()}
    for carrier in offers.carriers:
        for entry in carrier.numbers:
            if entry.number not in labels:
                labels[entry.number] = _labelled(entry, texts)
    return labels


def _labelled(entry: CarrierNumber, texts: WizardTexts) -> str:
    digits = entry.number.reveal()
    return texts.number.format(number=digits, label=entry.label) if entry.label else digits


def _options(chosen: Iterable[str], offered: Mapping[str, str], texts: WizardTexts) -> tuple[Option, ...]:
    ticked = dict.fromkeys(each for each in chosen if each)
    there = [Option(value, label, ticked=value in ticked) for value, label in offered.items()]
    gone = [
        Option(value, value, texts.unavailable, ticked=True, available=False)
        for value in ticked
        if value not in offered
    ]
    return (*there, *gone)


def _dispositions(ticked: Iterable[str], offers: Offers) -> dict[str, str]:
    known = [each for each in ticked if each in SYSTEM_DISPOSITIONS]
    return {name: name for name in (*offers.dispositions, *known)}


def _time_zones(chosen: str, offers: Offers, texts: WizardTexts) -> dict[str, str]:
    names = dict.fromkeys(offers.time_zones)
    # Any zone that exists is as good as the ten.
    if not any(problem.code == "unknown_timezone" for problem in CallingWindow(timezone=chosen).problems()):
        names[chosen] = None
    return {name: zone_label(name, texts) for name in names}


def _numbers(ticked: tuple[PhoneNumber, ...], offers: Offers, texts: WizardTexts) -> tuple[Option, ...]:
    # A pool may be of thousands: nothing here looks through all of it for each of them.
    outbound, chosen, labels = offers.outbound(), dict.fromkeys(ticked), number_labels(offers, texts)
    there = [_number(entry, carrier, texts, ticked=number in chosen) for number, (entry, carrier) in outbound.items()]
    gone = [
        Option(number.reveal(), labels.get(number, number.reveal()), texts.unavailable, ticked=True, available=False)
        for number in chosen
        if number not in outbound
    ]
    return (*there, *gone)


def _number(entry: CarrierNumber, carrier: Carrier, texts: WizardTexts, *, ticked: bool) -> Option:
    return Option(entry.number.reveal(), _labelled(entry, texts), carrier.id, ticked=ticked)
