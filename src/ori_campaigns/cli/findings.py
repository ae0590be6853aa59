"""What is found in a lead file, as values that may be shown: no phone number is in them (C4)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from ori_campaigns.cli.masking import clipped, harmless_value, hidden, is_invisible, kind_of
from ori_campaigns.cli.reading import in_words, meanings_of
from ori_campaigns.errors import IngestError, Problem
from ori_campaigns.numbers import NumberPolicy

if TYPE_CHECKING:
    import polars as pl

    from ori_campaigns.ingest import Leads

_EXAMPLES = 3
# So many rows of one reason are looked at for examples that differ.
_LOOKED_AT = 1_000
_LONGEST = 120
# What can be let through by an option, if it is wanted.
_ALLOWED = frozenset({"premium_rate", "shared_cost"})


@attrs.frozen
class File:
    """The file itself; what is not known is `None`.

    Parameters:
        bytes: its size.
        encoding: the codec it was read with.
        delimiter: what stands between its columns.
    """

    name: str
    bytes: int | None = None
    encoding: str | None = None
    delimiter: str | None = None


@attrs.frozen
class Policy:
    """What made numbers of cells.

    Parameters:
        version: of the data behind it, `None` if there is none.
    """

    name: str
    version: str | None


@attrs.frozen
class Rows:
    """The counts; `total == accepted + skipped`."""

    total: int
    accepted: int
    skipped: int


@attrs.frozen
class Column:
    """A column that is kept.

    Parameters:
        contacts: how many of them have a value in it.
        example: the first value, empty if there is none.
    """

    name: str
    contacts: int
    example: str


@attrs.frozen
class Example:
    """A skipped row: its line, and the number as it was written."""

    line: int
    value: str


@attrs.frozen
class SkippedRows:
    """The rows that were skipped for one reason: the first of them, what the reason means, what to do about it."""

    reason: str
    count: int
    meaning: str
    fix: str
    examples: tuple[Example, ...]


@attrs.frozen
class Warned:
    """The warnings of one kind: the first of them, and what to do about it."""

    code: str
    count: int
    messages: tuple[str, ...]
    fix: str


@attrs.frozen
class Refused:
    """Why the file is refused whole, and what to do about it.

    Parameters:
        facts: figures and names, as on the page about lead files.
    """

    code: str
    message: str
    fix: str
    facts: Mapping[str, object]


@attrs.frozen(kw_only=True)
class Findings:
    """Everything that is found in a lead file.

    Parameters:
        usable: whether it can be loaded.
        rows: `None` if they could not be counted.
        columns: `phone_number`, then the call variables in the order of the file.
        skipped: the most frequent reason first.
        refused: `None` if it is not.
        skipped_file: where the skipped rows were written, `None` if nowhere.
    """

    usable: bool
    file: File
    policy: Policy
    rows: Rows | None
    columns: tuple[Column, ...]
    skipped: tuple[SkippedRows, ...]
    warnings: tuple[Warned, ...]
    refused: Refused | None
    skipped_file: str | None = None


def findings_of(
    name: str, size: int | None, policy: NumberPolicy, leads: Leads | None, error: IngestError | None = None
) -> Findings:
    """Return what was found.

    Parameters:
        name: what the file is called.
        size: in bytes, if it is known without reading it.
        leads: the report, if there is one; there may be one with an error, too.
        error: the refusal, if the file was refused.
    """
    summary = leads.summary if leads is not None else None
    written = leads.format if leads is not None else None
    return Findings(
        usable=error is None,
        file=File(name, written.size, written.encoding, written.delimiter) if written is not None else File(name, size),
        policy=Policy(policy.name, getattr(policy, "version", "") or None),
        rows=Rows(summary.total, summary.accepted, summary.skipped) if summary is not None else None,
        columns=_columns(leads.contacts) if leads is not None else (),
        skipped=_skipped(leads, policy) if leads is not None else (),
        warnings=_warned(leads.warnings) if leads is not None else (),
        refused=_refused(error) if error is not None else None,
    )


def _columns(contacts: pl.DataFrame) -> tuple[Column, ...]:
    columns: list[Column] = []
    for column in contacts:
        present = column.drop_nulls()
        # The first column is the one with the numbers.
        hide = hidden if not columns else harmless_value
        example = clipped(hide(present[0]), _LONGEST) if len(present) else ""
        columns.append(Column(clipped(harmless_value(column.name), _LONGEST), len(present), example))
    return tuple(columns)


def _skipped(leads: Leads, policy: NumberPolicy) -> tuple[SkippedRows, ...]:
    first = leads.skipped.group_by("reason", maintain_order=True).head(_LOOKED_AT)
    rows: dict[str, list[tuple[int, str]]] = {}
    for line, value, reason in first.select("line", "value", "reason").iter_rows():
        rows.setdefault(reason, []).append((line, value[:_LOOKED_AT]))
    meanings = meanings_of(policy.name)
    return tuple(
        SkippedRows(reason, count, meanings.get(reason, ""), _fix(reason), _examples(rows[reason]))
        for reason, count in leads.summary.by_reason.items()
    )


def _fix(reason: str) -> str:
    from ori_campaigns.ingest.fixes import advice

    allowed = f" --allow {reason} lets them through." if reason in _ALLOWED else ""
    return advice(reason) + allowed


def _examples(rows: Sequence[tuple[int, str]]) -> tuple[Example, ...]:
    """Return the first row of each of the most frequent kinds, and others if those are too few; in file order."""
    firsts = {kind_of(value): line for line, value in reversed(rows)}
    kinds = [kind for kind, _ in Counter(kind_of(value) for _, value in rows).most_common()]
    # What nobody can see in the file has to be shown here.
    unseen = [kind for kind in kinds if any(map(is_invisible, kind))][:1]
    chosen = {firsts[kind] for kind in list(dict.fromkeys([*unseen, *kinds]))[:_EXAMPLES]}
    chosen.update([line for line, _ in rows if line not in chosen][: _EXAMPLES - len(chosen)])
    return tuple(Example(line, clipped(hidden(value), _LONGEST)) for line, value in rows if line in chosen)


def _warned(warnings: Sequence[Problem]) -> tuple[Warned, ...]:
    from ori_campaigns.ingest.fixes import advice

    counts = Counter(warning.code for warning in warnings)
    return tuple(
        Warned(
            code,
            count,
            tuple(clipped(each.message, _LONGEST) for each in warnings if each.code == code)[:_EXAMPLES],
            advice(code),
        )
        for code, count in counts.items()
    )


def _refused(error: IngestError) -> Refused:
    from ori_campaigns.ingest.fixes import advice

    facts = {name: fact for name, fact in error.facts.items() if name != "leads"}
    return Refused(error.code, in_words(str(error)), advice(error.code), facts)
