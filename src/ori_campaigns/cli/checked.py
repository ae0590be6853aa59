"""The report on a lead file, as lines of text: what is accepted, what is not, and what to do about it (C4)."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ori_campaigns.cli.findings import Column, Example, File, Findings, Policy, SkippedRows, Warned
from ori_campaigns.cli.look import Column as TableColumn
from ori_campaigns.cli.look import Look
from ori_campaigns.cli.masking import MASK, clipped, visible
from ori_campaigns.cli.report import count_of
from ori_campaigns.numbers import DIGITS

_INDENT = "  "
_MOST_COLUMNS = 30
_LONGEST_NAME, _LONGEST_TEXT = 24, 40
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_ENCODINGS = {"utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}


def report_of(findings: Findings, look: Look) -> list[str]:
    """Return the report, in the order in which a person asks."""
    lines = [*_headline(findings, look), "", *look.pairs([*_refusal(findings, look), *_facts(findings, look)])]
    if findings.columns:
        lines += _columns(findings.columns, look)
    if findings.rows is not None and findings.rows.skipped:
        lines += look.heading("Skipped rows", f"{findings.rows.skipped:,} of {findings.rows.total:,}")
        lines += _blocks([_skipped(each, look) for each in findings.skipped])
    if findings.warnings:
        lines += look.heading("Warnings")
        lines += _blocks([_warned(each, look) for each in findings.warnings])
    if findings.skipped_file is not None and findings.rows is not None:
        told = f"{count_of(findings.rows.skipped, 'skipped row')}: line, value in full, reason"
        lines += [*look.heading("Files"), *look.pairs([(text_of(findings.skipped_file, look), told)])]
    return lines


def _headline(findings: Findings, look: Look) -> list[str]:
    name, rows = text_of(findings.file.name, look), findings.rows
    if rows is None or not findings.usable:
        style, told = "red", f"{name} cannot be used: no contact would be loaded from it."
    elif rows.skipped:
        style = "amber"
        told = f"{name}: {rows.accepted:,} of {count_of(rows.total, 'row')} accepted, {rows.skipped:,} skipped."
    else:
        style, told = "green", f"{name}: every row accepted, {count_of(rows.total, 'contact')}."
    return [look.paint(line, style) for line in look.paragraph(told)]


def _refusal(findings: Findings, look: Look) -> list[tuple[str, str]]:
    refused = findings.refused
    if refused is None:
        return []
    return [("Why", text_of(refused.message, look)), ("Fix", refused.fix), ("Code", refused.code)]


def _facts(findings: Findings, look: Look) -> list[tuple[str, str]]:
    facts = [("File", ", ".join(_file(findings.file, look)))]
    # The policy says nothing about a file that was not read to its rows.
    if findings.rows is not None:
        facts.append(("Numbers", _policy(findings.policy, look)))
    return [(name, fact) for name, fact in facts if fact]


def _file(file: File, look: Look) -> list[str]:
    facts = [count_of(file.bytes, "byte")] if file.bytes is not None else []
    if file.encoding is not None:
        facts.append(_ENCODINGS.get(file.encoding, text_of(file.encoding, look)))
    if file.delimiter is not None:
        facts.append(f"columns divided by {_DELIMITERS.get(file.delimiter, 'one character')}")
    return facts


def _policy(policy: Policy, look: Look) -> str:
    if policy.name == DIGITS.name:
        return "8 to 15 digits; +, spaces and hyphens are dropped (policy digits)"
    version = f", {text_of(policy.version, look)}" if policy.version is not None else ""
    return f"policy {text_of(policy.name, look)}{version}"


def _columns(columns: Sequence[Column], look: Look) -> list[str]:
    variables = len(columns) - 1
    note = f"{count_of(variables, 'call variable')} beside the number" if variables else "no call variables"
    lines = look.heading("Columns", note)
    titles = [TableColumn("Column"), TableColumn("Contacts", right=True), TableColumn("First value", flexible=True)]
    rows = [
        (text_of(each.name, look, _LONGEST_NAME), f"{each.contacts:,}", text_of(each.example, look, _LONGEST_TEXT))
        for each in columns[:_MOST_COLUMNS]
    ]
    lines += look.table(titles, rows)
    more = len(columns) - _MOST_COLUMNS
    return [*lines, f"and {count_of(more, 'more column')}; --json has all of them"] if more > 0 else lines


def _skipped(rows: SkippedRows, look: Look) -> list[str]:
    width = max(len(f"{each.line:,}") for each in rows.examples)
    examples = [_example(each, width, look) for each in rows.examples]
    if rows.count > len(examples):
        examples.append(f"and {rows.count - len(examples):,} more")
    named = zip(["Rows", *[""] * len(examples)], examples, strict=False)
    meaning = rows.meaning and f"{rows.meaning[0].upper()}{rows.meaning[1:]}."
    return _block(rows.reason, count_of(rows.count, "row"), [("Why", meaning), *named, ("Fix", rows.fix)], look)


def _example(row: Example, width: int, look: Look) -> str:
    value = text_of(row.value.strip(" "), look, _LONGEST_TEXT, number=True) or "(empty)"
    return f"line {row.line:>{width},}: {value}"


def _warned(warned: Warned, look: Look) -> list[str]:
    messages = [text_of(message, look) for message in warned.messages]
    if warned.count > len(messages):
        messages[-1] += f" And {warned.count - len(messages):,} more."
    named = zip(["Why", *[""] * len(messages)], messages, strict=False)
    return _block(warned.code, "", [*named, ("Fix", warned.fix)], look)


def _block(title: str, note: str, pairs: Sequence[tuple[str, str]], look: Look) -> list[str]:
    """Return a code with what belongs to it, indented; what is not known is left out."""
    room = " " * (look.width - len(title) - len(note))
    inner = attrs.evolve(look, width=look.width - len(_INDENT))
    first = (look.paint(title, "bold") + (room + note if note else "")).rstrip()
    return [first, *(_INDENT + line for line in inner.pairs([(name, text) for name, text in pairs if text]))]


def _blocks(blocks: Sequence[Sequence[str]]) -> list[str]:
    return [line for at, block in enumerate(blocks) for line in ([""] * bool(at) + [*block])]


def text_of(text: str, look: Look, most: int | None = None, *, number: bool = False) -> str:
    """Return a text from outside as it can be shown; with a mask that every stream has where only ASCII is safe."""
    shown = visible(text, number=number)
    if most is not None:
        shown = clipped(shown, most)
    return look.name(shown if look.glyphs else shown.replace(MASK, "*"))
