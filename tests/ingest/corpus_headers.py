"""Hostile lead files: headers, delimiters, and files that are no lead files at all (C1, C6, C7)."""

from __future__ import annotations

from ingest.corpus import ANYTHING, FIRST, LAST, SOUND, Entry, Read, Refused, ravi

RESERVED = (
    "_attempt_id", "_attempt_number", "_bot", "_campaign_id", "_campaign_name", "_contact_id", "_run_number",
    "_workspace_id",
)  # fmt: skip


def columns(count: int, *, blank: int = 0) -> bytes:
    """A file with one contact whose other columns are v1, v2, ... and then some without a name."""
    names = ["phone_number", *(f"v{i}" for i in range(1, count)), *("" for _ in range(blank))]
    cells = ["919800000001", *(f"x{i}" for i in range(1, count)), *("lost" for _ in range(blank))]
    return f"{','.join(names)}\n{','.join(cells)}\n".encode()


def headed(header: str, row: str = "919800000001,Asha") -> bytes:
    return f"{header}\n{row}\n".encode()


def missing(header: str, *, near: bool) -> Refused:
    """No column phone_number; the header cell before the comma is named, and whether it is a near miss."""
    first = header.split(",", maxsplit=1)[0]
    facts = {"line": 1, "columns": (first, "name"), "near_misses": (first,) if near else ()}
    return Refused("no_phone_number_column", facts, says=[f"Did you mean {first!r}?"] if near else [repr(first)])


_WIDTH = [
    Entry("two_hundred_columns", "as many as allowed", columns(200),
          Read([("919800000001", {f"v{i}": f"x{i}" for i in range(1, 200)})])),
    Entry("two_hundred_and_one_columns", "one too many", columns(201),
          Refused("too_many_columns", {"line": 1, "limit": 200, "actual": 201}, says=["201", "200"])),
    Entry("ten_thousand_columns", "far too many", columns(10_000),
          Refused("too_many_columns", {"line": 1, "limit": 200, "actual": 10_000}, says=["10,000"])),
    Entry("two_hundred_columns_and_blank_ones", "columns without a name are dropped, and do not count",
          columns(200, blank=3), Read([("919800000001", {f"v{i}": f"x{i}" for i in range(1, 200)})],
                                      warnings=["blank_header"] * 3)),
]  # fmt: skip

_NAMES = [
    *(Entry(f"near_miss_{number}", f"{near!r} is not phone_number", headed(f"{near},name"),
            missing(f"{near},name", near=True))
      for number, near in enumerate([
          "Phone Number", "phone", "PHONE_NUMBER", "Phone_Number", "phone number", "phone-number", "phone\u00a0number",
          "phone_nubmer", "phone\u00ad_number", "ph\u043ene_number",
      ], start=1)),
    Entry("no_near_miss", "nothing like it", headed("city,name"), missing("city,name", near=False)),
    Entry("zero_width_joiner_in_phone_number", "it looks right and is not", headed("phone\u200d_number,name"),
          Read([FIRST], warnings=["header_cleaned"])),
    Entry("spaces_around_phone_number", "spaces of three kinds", headed("\u3000phone_number\u00a0, name"),
          Read([FIRST], warnings=["header_cleaned"] * 2)),
    Entry("direction_mark_in_a_header", "a mark of writing direction", headed("phone_number,\u200fname\u200e"),
          Read([FIRST], warnings=["header_cleaned"])),
    Entry("duplicate_columns", "two of one name", headed("phone_number,name,city,name", "919800000001,a,b,c"),
          Refused("duplicate_column", {"line": 1, "columns": ("name",)}, says=["'name'"])),
    Entry("duplicate_columns_once_cleaned", "two that only look alike",
          headed("phone_number,name,\u200bname ", "919800000001,a,b"),
          Refused("duplicate_column", {"line": 1, "columns": ("name",)})),
    Entry("duplicate_phone_number", "the required column twice", headed("phone_number,phone_number,name"),
          Refused("duplicate_column", {"line": 1, "columns": ("phone_number",)})),
    Entry("columns_that_differ_in_case", "letter case is kept",
          headed("phone_number,name,Name,NAME,Phone_Number", "919800000001,a,b,c,d"),
          Read([("919800000001", {"name": "a", "Name": "b", "NAME": "c", "Phone_Number": "d"})])),
    Entry("columns_that_differ_in_composition", "é in one character and in two",
          headed("phone_number,caf\u00e9,cafe\u0301", "919800000001,a,b"),
          Read([("919800000001", {"caf\u00e9": "a", "cafe\u0301": "b"})])),
    Entry("columns_called_like_those_of_a_frame", "names a library might make up itself",
          headed("phone_number,column_2,phone_number_duplicated_0,literal,index,line,value,reason,len",
                 "919800000001,a,b,c,d,e,f,g,h"),
          Read([("919800000001", {"column_2": "a", "phone_number_duplicated_0": "b", "literal": "c", "index": "d",
                                  "line": "e", "value": "f", "reason": "g", "len": "h"})])),
    Entry("column_called_like_a_pattern_for_all", "a name a library might take for a pattern: it fits every column",
          headed("phone_number,name,^.*$", "919800000001,Asha,b"),
          Read([("919800000001", {"name": "Asha", "^.*$": "b"})])),
    Entry("column_called_like_a_pattern_for_another", "a pattern that fits the column beside it",
          headed("phone_number,name,^name$", "919800000001,Asha,b"),
          Read([("919800000001", {"name": "Asha", "^name$": "b"})])),
    Entry("column_called_like_a_pattern_for_the_number", "a pattern that fits phone_number",
          headed("phone_number,^phone.*$", "919800000001,b"), Read([("919800000001", {"^phone.*$": "b"})])),
    Entry("column_called_like_a_pattern_for_none", "a pattern that fits nothing, and one that is none",
          headed("phone_number,^x+$,^(", "919800000001,a,b"), Read([("919800000001", {"^x+$": "a", "^(": "b"})])),
    Entry("column_called_star", "a star stands for all columns", headed("phone_number,name,*", "919800000001,Asha,b"),
          Read([("919800000001", {"name": "Asha", "*": "b"})])),
    Entry("column_called_like_a_replacement", "names with signs of patterns in them",
          headed("phone_number,$1,\\d,{},%s", "919800000001,a,b,c,d"),
          Read([("919800000001", {"$1": "a", "\\d": "b", "{}": "c", "%s": "d"})])),
    Entry("columns_of_junk", "a formula, HTML, SQL and an emoji as names",
          headed("=1+1,<b>,phone_number,'; DROP TABLE contacts; --,🙂", "a,b,919800000001,c,d"),
          Read([("919800000001", {"=1+1": "a", "<b>": "b", "'; DROP TABLE contacts; --": "c", "🙂": "d"})])),
    Entry("columns_of_figures", "years as names", headed("2024,phone_number,2025", "a,919800000001,b"),
          Read([("919800000001", {"2024": "a", "2025": "b"})])),
    Entry("blank_headers", "empty, of spaces, of nothing visible",
          headed("phone_number,,name, ,\u200b", "919800000001,lost,Asha,lost,lost"),
          Read([FIRST], warnings=["blank_header"] * 3)),
    Entry("blank_header_first", "the first column has no name, as an index has", headed(",phone_number,name",
          "0,919800000001,Asha"), Read([FIRST], warnings=["blank_header"])),
    Entry("header_of_commas", "no name at all", headed(",,,"),
          Refused("no_phone_number_column", {"line": 1, "columns": (), "near_misses": ()})),
    Entry("header_name_of_two_lines", "a line end in a name, then a bad row",
          b'phone_number,"na\nme"\n919800000001,Asha\n12,x\n',
          Read([("919800000001", {"na\nme": "Asha"})], [(4, "12", "too_short")], more=1)),
    Entry("header_with_an_outer_line_end", "a line end after the required name",
          b'"phone_number\n",name\n919800000001,Asha\n',
          Read([FIRST], warnings=["header_cleaned"], more=1)),
    *(Entry(f"reserved{name}", f"{name} is the dialler's own", headed(f"phone_number,{name}"),
            Refused("reserved_column", {"line": 1, "columns": (name,)}, says=[f"'{name}'"]))
      for name in RESERVED),
    Entry("reserved_once_cleaned", "a reserved name behind a space", headed("phone_number, _bot"),
          Refused("reserved_column", {"line": 1, "columns": ("_bot",)})),
    Entry("almost_reserved", "another case, and other names with an underscore",
          headed("phone_number,_Bot,_id,campaign_id", "919800000001,a,b,c"),
          Read([("919800000001", {"_Bot": "a", "_id": "b", "campaign_id": "c"})])),
    Entry("header_twice", "two files joined: the second header is a row", SOUND.encode() + SOUND.encode(),
          Read([FIRST, LAST], [(4, "phone_number", "not_digits"), (5, "919800000001", "duplicate"),
                               (6, "919800000009", "duplicate")])),
    Entry("header_missing", "the first row is a contact", b"919800000001,Asha\n919800000009,Zoe\n",
          Refused("no_phone_number_column",
                  {"line": 1, "columns": ("••••••••••01", "Asha"), "near_misses": ()}, says=["header line"])),
    Entry("header_missing_and_a_number_twice", "the first row has its number in two columns",
          b"919800000001,919800000001\n", Refused("duplicate_column", {"line": 1, "columns": ("••••••••••01",)})),
    Entry("header_missing_in_other_digits", "a contact in Devanagari digits where the names should be",
          "९१९८००००००४२,आशा\n".encode(),
          Refused("no_phone_number_column",
                  {"line": 1, "columns": ("••••••••••४२", "आशा"), "near_misses": ()})),
    Entry("comment_first", "a line above the header", b"# exported from a CRM\nphone_number,name\n919800000001,Asha\n",
          Refused("no_phone_number_column",
                  {"line": 1, "columns": ("# exported from a CRM",), "near_misses": ()})),
    Entry("header_cut_by_a_quote_after_a_space", "the required column is fine, a quoted name is not",
          headed('phone_number, "name"'), Read([("919800000001", {'"name"': "Asha"})], warnings=["header_cleaned"])),
]  # fmt: skip

_DELIMITERS = [
    Entry("semicolons", "as a German spreadsheet writes it", b"phone_number;amount\n919800000001;1,50\n",
          Read([("919800000001", {"amount": "1,50"})])),
    Entry("tabs", "a file of tabs, a comma and a semicolon in it", b"name\tphone_number\nNair, Asha;\t919800000001\n",
          Read([("919800000001", {"name": "Nair, Asha;"})])),
    Entry("tabs_empty_cells", "empty cells at both ends", b"name\tphone_number\tcity\n\t919800000001\t\n",
          Read([("919800000001", {})])),
    Entry("tabs_quoted", "a TAB in quotes", b'phone_number\tname\n919800000001\t"A\tsha"\n',
          Read([("919800000001", {"name": "A\tsha"})])),
    Entry("comma_file_of_semicolons", "semicolons are text", b"phone_number,name\n919800000001,a;b;c\n",
          Read([("919800000001", {"name": "a;b;c"})])),
    Entry("semicolon_header_with_commas", "more commas than semicolons, but not beside phone_number",
          b"phone_number;a,b,c,d\n919800000001;x\n", Read([("919800000001", {"a,b,c,d": "x"})])),
    Entry("comma_header_with_semicolons", "more semicolons than commas, but not beside phone_number",
          b"phone_number,a;b;c;d\n919800000001,x\n", Read([("919800000001", {"a;b;c;d": "x"})])),
    Entry("quoted_header_with_the_other_delimiters", "commas in quotes",
          b'"phone_number";"name, first, last"\n919800000001;Asha\n',
          Read([("919800000001", {"name, first, last": "Asha"})])),
    Entry("delimiter_of_the_header_only", "a header of commas, rows of semicolons",
          b"phone_number,name\n919800000001;Asha\n",
          Refused("no_valid_rows", {"by_reason": {"not_digits": 1}}, skipped=[(2, "919800000001;Asha", "not_digits")])),
    Entry("delimiter_not_to_be_found", "one column, so rows have no delimiter either",
          b"phone_number\n919800000001|Asha\n919800000002\n",
          Read([("919800000002", {})], [(2, "919800000001|Asha", "not_digits")])),
    Entry("pipes", "a delimiter that is not read", b"phone_number|name\n919800000001|Asha\n",
          Refused("no_phone_number_column",
                  {"line": 1, "columns": ("phone_number|name",), "near_misses": ("phone_number|name",)},
                  says=["'phone_number|name'"])),
    Entry("fixed_width", "columns made of spaces", b"phone_number  name\n919800000001  Asha\n",
          Refused("no_phone_number_column", {"line": 1, "columns": ("phone_number  name",),
                                             "near_misses": ("phone_number  name",)})),
    Entry("sep_line", "the hint of a spreadsheet above the header", b"sep=;\nphone_number;name\n919800000001;Asha\n",
          Refused("no_phone_number_column", {"line": 1, "columns": ("sep=",), "near_misses": ()})),
]  # fmt: skip

_NO_LEADS = [
    Entry("xlsx", "a spreadsheet", b"PK\x03\x04\x14\x00\x06\x00\x08\x00[Content_Types].xml", Refused("not_a_csv")),
    Entry("xls", "an old spreadsheet", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 64, Refused("not_a_csv")),
    Entry("gzip", "a packed CSV", b"\x1f\x8b\x08\0\0\0\0\0\0\xff", Refused("not_a_csv")),
    Entry("pdf", "a PDF", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", Refused("not_a_csv")),
    Entry("png", "a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
          Refused("undecodable", {"offset": 0, "encoding": "utf-8"})),
    Entry("json", "a list of objects", b'[{"phone_number": "919800000001", "name": "Asha"}]\n',
          Refused("no_phone_number_column", {"line": 1, "columns": ANYTHING, "near_misses": ANYTHING})),
    Entry("json_lines", "an object a line", b'{"phone_number":"919800000001"}\n{"phone_number":"919800000002"}\n',
          Refused("no_phone_number_column", {"line": 1, "columns": ANYTHING, "near_misses": ANYTHING})),
    Entry("html", "a page instead of the file", b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n",
          Refused("no_phone_number_column", {"line": 1, "columns": ("<!DOCTYPE html>",), "near_misses": ()})),
    Entry("sql", "a dump instead of the file",
          b"INSERT INTO leads (phone_number, name) VALUES ('919800000001', 'Asha');\n",
          Refused("no_phone_number_column", {"line": 1, "columns": ANYTHING, "near_misses": ANYTHING})),
    Entry("vcard", "contacts in another format", b"BEGIN:VCARD\r\nTEL:+919800000001\r\nEND:VCARD\r\n",
          Refused("no_phone_number_column", {"line": 1, "columns": ("BEGIN:VCARD",), "near_misses": ()})),
    Entry("junk_in_values", "SQL, HTML, a shell and a template in values, as text",
          b"phone_number,name\n919800000002,'; DROP TABLE contacts; --\n919800000003,<script>alert(1)</script>\n"
          b'919800000004,$(rm -rf *)\n919800000005,{{7*7}}\n919800000006,"{""a"": [1, 2]}"\n919800000007,C:\\new\\0\n',
          Read([("919800000002", {"name": "'; DROP TABLE contacts; --"}),
                ("919800000003", {"name": "<script>alert(1)</script>"}), ("919800000004", {"name": "$(rm -rf *)"}),
                ("919800000005", {"name": "{{7*7}}"}), ("919800000006", {"name": '{"a": [1, 2]}'}),
                ("919800000007", {"name": "C:\\new\\0"})])),
    Entry("hash_in_a_row", "no comment, a row", b"phone_number,name\n#919800000001,Asha\n919800000002,Ravi\n",
          Read([ravi()], [(2, "#919800000001", "not_digits")])),
]  # fmt: skip

ENTRIES = (*_WIDTH, *_NAMES, *_DELIMITERS, *_NO_LEADS)
