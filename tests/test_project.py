"""The project keeps its own rules: import direction, no hidden clocks, small modules, a quick import, a tidy tree.

Each check that could be mistaken about itself is shown to fail on a small offender first.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "ori_campaigns"
MODULES = sorted(PACKAGE.rglob("*.py"))
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract for contract in SETTINGS["tool"]["importlinter"]["contracts"]}


def run(
    *command: str, text: str = "", folder: Path = ROOT, path: Path | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NO_COLOR": "1", "PYTHONPATH": str(path or ROOT / "src")}
    return subprocess.run(
        command, input=text, cwd=folder, env=environment, capture_output=True, text=True, check=False, encoding="utf-8"
    )


def layers() -> list[set[str]]:
    """The names of each layer of the import contract, highest first."""
    return [set(re.findall(r"\w+", layer)) for layer in CONTRACTS["layers"]["layers"]]


# ---------------------------------------------------------------------------------------------------------------------
# Clocks, random numbers, ids

HIDDEN_INPUTS = {
    "datetime.datetime.now(datetime.UTC)": "import datetime",
    "datetime.now(UTC)": "from datetime import UTC, datetime",
    "datetime.utcnow()": "from datetime import datetime",
    "datetime.today()": "from datetime import datetime",
    "date.today()": "from datetime import date",
    "time.time()": "import time",
    "clock()": "from time import time_ns as clock",
    "time.monotonic()": "import time",
    "time.perf_counter_ns()": "import time",
    "time.sleep(1)": "import time",
    "random.random()": "import random",
    "Random(7)": "from random import Random",
    "secrets.token_hex()": "import secrets",
    "os.urandom(8)": "import os",
    "uuid4()": "from uuid import uuid4",
    "uuid.uuid1()": "import uuid",
}


def findings(source: str, module: str) -> list[str]:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", "--select=TID251"]
    done = run(*command, "--stdin-filename", f"src/ori_campaigns/{module}", "-", text=source)
    assert done.returncode in {0, 1}, done.stderr
    return [line for line in done.stdout.splitlines() if " TID251 " in line]


@pytest.mark.parametrize("module", ["engine.py", "gates.py", "simulation/driving.py", "stores/memory/store.py"])
def test_a_clock_or_a_draw_outside_the_drivers_is_refused(module: str) -> None:
    # One line of imports, one of use for each, all in one run of ruff: every pair has to be found.
    lines = [line for expression, imports in HIDDEN_INPUTS.items() for line in (imports, f"print({expression})")]
    found = {int(line.split(":")[1]) for line in findings("\n".join(lines), module)}
    missed = [lines[at] for at in range(1, len(lines), 2) if not found & {at, at + 1}]
    assert not missed


@pytest.mark.parametrize("module", ["clocks.py", "ids.py", "__main__.py", "cli.py", "diallers/memory.py"])
def test_the_drivers_may_read_clocks_and_draw(module: str) -> None:
    assert findings("import time\nimport random\nprint(time.time(), random.random())\n", module) == []


def test_the_ban_is_lifted_in_pyproject_only() -> None:
    lifted = [path.name for path in MODULES if re.search(r"noqa.*TID251", path.read_text(encoding="utf-8"))]
    assert not lifted, "name the module in per-file-ignores, where all of them can be seen"


# What dateutil fills in from today's date when it is not told.
GIVEN = {"parse": "default", "rrule": "dtstart", "rrulestr": "dtstart"}


def hidden_clocks(source: str) -> Iterator[int]:
    tree = ast.parse(source)
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dateutil")
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        needed = GIVEN.get(name.rpartition(".")[2])
        dateutils = name.split(".")[0] in {*imported, "dateutil"}
        if needed and dateutils and needed not in {keyword.arg for keyword in node.keywords}:
            yield node.lineno


def test_dateutil_never_fills_in_today() -> None:
    offender = (
        "import dateutil.parser\nfrom dateutil import parser\nfrom dateutil.parser import parse\n"
        "from dateutil.rrule import rrule, DAILY\n"
        "dateutil.parser.parse('5 pm')\nparser.parse('5 pm')\nparse('5 pm')\nrrule(DAILY)\n"
        "parse('5 pm', default=day)\nrrule(DAILY, dtstart=day)\njson.parse('5 pm')\n"
    )
    assert list(hidden_clocks(offender)) == [5, 6, 7, 8]
    found = [f"{path.name}:{line}" for path in MODULES for line in hidden_clocks(path.read_text(encoding="utf-8"))]
    assert not found, "give parse() its default= and rrule() its dtstart="


# ---------------------------------------------------------------------------------------------------------------------
# Import direction


def lint_imports(folder: Path, path: Path) -> subprocess.CompletedProcess[str]:
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return run(sys.executable, "-c", command, folder=folder, path=path)


def package(folder: Path, modules: dict[str, str]) -> Path:
    """Lay a small `ori_campaigns` beside the project's own settings."""
    (folder / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for name in ("__init__.py", *modules):
        path = folder / "ori_campaigns" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(modules.get(name, ""), encoding="utf-8")
    for inner in (folder / "ori_campaigns").iterdir():
        if inner.is_dir():
            (inner / "__init__.py").touch()
    return folder


def test_what_is_allowed_passes(tmp_path: Path) -> None:
    modules = {
        "__main__.py": "import rich\nfrom ori_campaigns import service, simulate",
        "service.py": "import threading\nfrom ori_campaigns import engine",
        "simulation/rehearsal.py": "import polars\nfrom ori_campaigns.diallers import memory",
        "diallers/memory.py": "import anyio\nfrom ori_campaigns import ports",
        "stores/rows.py": "from ori_campaigns import engine, ports",
        "ports.py": "from ori_campaigns import events",
        "engine.py": "import attrs, dateutil\nfrom ori_campaigns import events",
        "events.py": "from ori_campaigns import errors",
        "errors.py": "",
        "codec.py": "import cattrs",
    }
    done = lint_imports(package(tmp_path, modules), tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


# Each on its own line breaks a contract, and the report names it.
OFFENDERS = {
    "rule imports driver": (
        {"engine.py": "import ori_campaigns.service", "service.py": ""},
        "engine -> ori_campaigns.service",
    ),
    "rule imports adapter": (
        {"gates.py": "import ori_campaigns.stores.rows", "stores/rows.py": ""},
        "gates -> ori_campaigns.stores.rows",
    ),
    "rule imports through the package": (
        {
            "__init__.py": "import ori_campaigns.service",
            "service.py": "",
            "retry.py": "from ori_campaigns import Service",
        },
        "retry is not allowed to import ori_campaigns.service",
    ),
    "rule imports polars": ({"retry.py": "def f():\n    import polars"}, "retry -> polars"),
    "rule imports anyio": ({"pacing.py": "import anyio"}, "pacing -> anyio"),
    "rule imports cattrs": ({"events.py": "from cattrs import Converter"}, "events -> cattrs"),
    "rule imports random": ({"errors.py": "import random"}, "errors -> random"),
    "codec imports polars": ({"codec.py": "import polars"}, "codec -> polars"),
    "adapter imports adapter": (
        {"stores/rows.py": "from ori_campaigns.ingest import leads", "ingest/leads.py": ""},
        "stores.rows -> ori_campaigns.ingest.leads",
    ),
    "adapter imports driver": (
        {"diallers/a.py": "import ori_campaigns.service", "service.py": ""},
        "diallers.a -> ori_campaigns.service",
    ),
    "value imports rule": (
        {"errors.py": "import ori_campaigns.engine", "engine.py": ""},
        "errors -> ori_campaigns.engine",
    ),
    "module in no layer": ({"utils.py": ""}, "- ori_campaigns.utils"),
}


@pytest.mark.parametrize(("modules", "said"), OFFENDERS.values(), ids=OFFENDERS)
def test_what_is_not_allowed_fails(modules: dict[str, str], said: str, tmp_path: Path) -> None:
    done = lint_imports(package(tmp_path, modules), tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stdout


def test_the_package_keeps_its_import_contracts() -> None:
    done = lint_imports(ROOT, ROOT / "src")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_has_its_layer() -> None:
    children = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.parent.name for path in PACKAGE.glob("*/__init__.py")
    }
    assert children - {"__init__"} <= set().union(*layers()), "name the module in [[tool.importlinter.contracts]]"


def test_only_drivers_and_adapters_are_let_off() -> None:
    # The two contracts list the same modules: all above the two pure layers, and none of those.
    *above, _rules, _values = layers()
    let_off = {line.removesuffix(" -> *") for line in CONTRACTS["pure"]["ignore_imports"] if line.endswith(" -> *")}
    assert {line.split(".")[1] for line in let_off} == set().union(*above)


# ---------------------------------------------------------------------------------------------------------------------
# The package


def test_importing_the_package_loads_nothing_heavy() -> None:
    # Which modules are loaded decides how long an import takes, and unlike the clock it says the same each time.
    command = "import sys, ori_campaigns; print(*sorted(sys.modules))"
    done = run(sys.executable, "-c", command)
    assert done.returncode == 0, done.stderr
    heavy = {"anyio", "asyncio", "cattrs", "dateutil.parser", "opentelemetry", "polars", "rich", "sqlalchemy", "trio"}
    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_modules_are_small_enough_to_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


def test_public_names_are_sorted_and_described() -> None:
    import ori_campaigns

    names = ori_campaigns.__all__
    assert list(names) == sorted(set(names))
    bare = []
    for name in names:
        thing = getattr(ori_campaigns, name)
        # Constants and type aliases have the docstring of their type; what they mean stands beside them.
        if inspect.isclass(thing) or inspect.isroutine(thing):
            text = vars(thing).get("__doc__") if inspect.isclass(thing) else thing.__doc__
            if not (text or "").strip():
                bare.append(name)
    assert not bare


def test_the_version_is_written_once() -> None:
    import ori_campaigns

    assert "version" in SETTINGS["project"]["dynamic"]
    source = ROOT / SETTINGS["tool"]["hatch"]["version"]["path"]
    assert f'__version__ = "{ori_campaigns.__version__}"' in source.read_text(encoding="utf-8")
    assert "__version__ =" not in (PACKAGE / "__init__.py").read_text(encoding="utf-8")


def test_the_package_is_typed_and_ships_its_data() -> None:
    assert (PACKAGE / "py.typed").exists()
    assert list((PACKAGE / "data").glob("*.csv"))


def test_a_missing_extra_is_one_that_exists() -> None:
    extras = set(SETTINGS["project"]["optional-dependencies"])
    named = {
        extra
        for path in MODULES
        for extra in re.findall(r"MissingExtra\([^)]*,\s*[\"']([\w-]+)[\"']\s*\)", path.read_text(encoding="utf-8"))
    }
    assert named <= extras


# ---------------------------------------------------------------------------------------------------------------------
# The tree


def tree() -> Iterator[tuple[str, str]]:
    """Every text file of the project, with its content."""
    folders = [ROOT / name for name in (".ci", "benchmarks", "docs", "src", "tests")]
    paths = [path for path in ROOT.iterdir() if path.is_file()]
    paths += [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    for path in paths:
        if "__pycache__" not in path.parts:
            yield path.relative_to(ROOT).as_posix(), path.read_bytes().decode("utf-8", errors="replace")


# Put together from pieces, or this file would find itself.
SECRETS_OF_THE_PLACE = re.compile(
    "|".join(
        [
            r"(?<![\w.])/(?:work|tmp|root|farm|opt|home)" + "/",
            r"\bpy" + r"pi\.org|\bregistry\." + "npmjs|files\\.python" + "hosted",
        ]
    )
)


def test_the_tree_names_no_place_it_was_made_in() -> None:
    for offender in ["see /wo" + "rk/x", "'/tm" + "p/a'", "https://py" + "pi.org/simple"]:
        assert SECRETS_OF_THE_PLACE.search(offender)
    for innocent in ["docs/work/x", "src/ori_campaigns/tmp/x", "a happy island"]:
        assert not SECRETS_OF_THE_PLACE.search(innocent)
    found = [f"{name}: {match[0]}" for name, text in tree() if (match := SECRETS_OF_THE_PLACE.search(text)) is not None]
    assert not found


def test_no_test_is_left_out() -> None:
    # A skipped test proves nothing and looks as if it did. The one way out is a missing PostgreSQL, which fails in CI.
    ways_out = {"skip", "skipif", "importorskip", "xfail"}
    found = [
        f"{path.name}:{node.lineno}"
        for path in sorted(set((ROOT / "tests").rglob("*.py")) - {ROOT / "tests" / "postgres.py"})
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr in ways_out
        and ast.unparse(node.value) in {"pytest", "pytest.mark"}
    ]
    assert not found


def test_the_changelog_is_open() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(
        r"^## \[Unreleased\]\n\n### (?:Added|Changed|Deprecated|Removed|Fixed|Security)$", text, re.MULTILINE
    )


def test_the_readme_has_the_two_commands_that_ci_runs() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"<!-- ci: (\w+) -->\n```bash\n(.*?)\n```", text, re.DOTALL)) == {
        "demo": "python -m pip install -e . && python -m ori_campaigns demo",
        "test": 'python -m pip install -e ".[test]" && python -m pytest',
    }


def test_ci_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert run("bash", "-n", str(script)).returncode == 0


def test_the_checks_are_those_of_this_interpreter() -> None:
    # Else the probes above would test whatever happens to be on PATH.
    assert all(importlib.util.find_spec(tool) for tool in ("ruff", "importlinter", "mypy"))
