"""Opening the store that a command names, finding the campaign that it means, and who it is that asks."""

from __future__ import annotations

import argparse
import getpass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ori_campaigns.campaign import Campaign
from ori_campaigns.cli.options import PROGRAM
from ori_campaigns.cli.parser import STORE
from ori_campaigns.cli.plan import Refusal
from ori_campaigns.clocks import SystemClock
from ori_campaigns.errors import MissingExtra, StoreUnavailable
from ori_campaigns.listing import SHORT_ID

if TYPE_CHECKING:
    from ori_campaigns.cli.kept import CommandStore

_SHOWN = 3


def open_store(options: argparse.Namespace, *, create: bool = False) -> CommandStore:
    """Open the store of a command; it is closed when the command ends.

    Parameters:
        create: make it, or bring it up to date, where that is needed; otherwise it must be there.

    Raises:
        Refusal: there is no store.
        InvalidDefinition, MissingExtra, StoreUnavailable: as `SqlStore` raises them.
    """
    if find_spec("sqlalchemy") is None:
        raise MissingExtra("A store that lasts", "sql")
    from ori_campaigns.cli.kept import CommandStore

    url = str(options.store)
    file = _file_of(url)
    if url in {"sqlite://", "sqlite:///", "sqlite:///:memory:"}:
        raise Refusal([f"--store: A database in memory is gone with the command. Name a file, such as {STORE}."])
    if file is not None and not create and not file.exists():
        raise Refusal([f"There is no store {file}. {_first('Give another with --store, or make it')}"])
    # The database's own time is asked of the database; that of a file is this machine's.
    clock = SystemClock() if url.startswith("sqlite") else None
    try:
        store = CommandStore(url, clock=clock, create=create)
    except StoreUnavailable as error:
        if error.code == "schema_missing":
            raise Refusal([f"There are no campaigns in {shown(url)}. {_first('Make one')}"]) from None
        if error.code == "schema_older":
            told = f"{shown(url)} was made by an older release. Any `run` over it brings it up to date."
            raise Refusal([told]) from None
        raise
    options.closing.callback(store.close)
    return store


def _first(what: str) -> str:
    return f"{what}: {PROGRAM} run LEADS.csv"


def _file_of(url: str) -> Path | None:
    """Return the file of a SQLite store, `None` if it has none by a plain name."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database.startswith((":", "file:")):
        return None
    return Path(parsed.database)


def shown(url: str) -> str:
    """Return the URL of a store without its password."""
    from sqlalchemy.engine import make_url

    return str(_file_of(url) or make_url(url).render_as_string(hide_password=True))


def again(command: str, url: str) -> str:
    """Return a command for the store of this one, as a person would type it."""
    from sqlalchemy.engine import make_url

    store = "" if url == STORE else f" --store {make_url(url).render_as_string(hide_password=True)}"
    return f"{PROGRAM} {command}{store}"


def find(store: CommandStore, url: str, given: str) -> Campaign:
    """Return the campaign whose id is given, or begins so.

    Raises:
        Refusal: there is none, or more than one.
    """
    campaigns = store.campaigns()
    wanted = given.strip()
    matching = [each for each in campaigns if wanted and each.id.startswith(wanted)]
    exact = [each for each in matching if each.id == wanted]
    if len(matching) == 1 or exact:
        return (exact or matching)[0]
    if matching:
        names = ", ".join(f"{each.id[: max(SHORT_ID, len(wanted) + 4)]} ({each.name})" for each in matching[:_SHOWN])
        more = f" and {len(matching) - _SHOWN} more" if len(matching) > _SHOWN else ""
        raise Refusal([f"{given!r} may be any of {names}{more}. Give more of the id."])
    if not campaigns:
        raise Refusal([f"There is no campaign in {shown(url)} yet. {_first('Make one')}"])
    raise Refusal([f"No campaign has an id that begins with {given!r}. The ids are told by: {again('list', url)}"])


def operator(options: argparse.Namespace) -> str:
    """Return who asks: the name that was given, else the user of this machine."""
    if options.by is not None and options.by.strip():
        return str(options.by.strip())
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # a container may know no name for its user
        return "somebody"
