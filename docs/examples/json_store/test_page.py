"""The page shows the code as it stands."""

import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "how-to" / "write-your-own-store.md"
SHOWN = re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def plain(code: str) -> str:
    """Return code without its indentation: a method is shown as a function."""
    return "\n".join(line.strip() for line in code.splitlines())


def test_there_is_code_on_the_page() -> None:
    assert {name for name, _ in SHOWN} == {"rows.py", "store.py", "test_json_store.py"}


@pytest.mark.parametrize(("name", "code"), SHOWN, ids=[code.split("(")[0].split()[-1] for _, code in SHOWN])
def test_the_page_shows_the_code_as_it_stands(name: str, code: str) -> None:
    assert plain(code) in plain((HERE / name).read_text(encoding="utf-8"))
