"""Commands over a store, each in one process: what they do to it, and what they show."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

import ori_campaigns as campaigns
from cli.commands import LEADS, PHONE_NUMBER, Command, Done, leads
from cli.store_world import QUICK, attempts, draft, open_store, people, service_of, window
from ori_campaigns.carriers import Carrier
from ori_campaigns.stores.sql import SqlStore

RUN = ("run", "leads.csv", *QUICK, *window())


@pytest.fixture
def store() -> Iterator[SqlStore]:
    store = open_store()
    yield store
    store.close()


def only(store: SqlStore) -> campaigns.Campaign:
    [campaign] = store.campaigns()
    return campaign


def lines(done: Done, begins: str) -> list[str]:
    return [line for line in done.out.splitlines() if line.startswith(begins)]


def joined(text: str) -> str:
    return " ".join(text.split())


# --- run -------------------------------------------------------------------------------------------------------------


def test_a_campaign_is_made_run_and_reported(ori: Command) -> None:
    leads()
    done = ori(*RUN, "--answer-rate", "1", "--answered", "customer=1", "--by", "asha")
    store = open_store()
    campaign = only(store)
    assert done.code == 0
    assert (campaign.name, campaign.status.value, campaign.created_by) == ("leads", "completed", "asha")
    assert len(attempts(store, campaign.id)) == 30
    assert done.errors[:2] == [
        f"leads ({campaign.id[:8]}) is new, with 30 contacts.",
        "Made-up people answer in real time; nobody is called.",
    ]
    assert done.contacts() == {"completed": 30}
    assert done.attempts() == {1: 30}
    assert [line.split()[:3] for line in done.section("Dispositions")[1:]] == [["customer", "30", "100"]]
    assert [line.split()[5:8] for line in done.section("Operator's log")[1:]] == [
        ["create", "asha"],
        ["start", "asha"],
        ["complete", "engine", "all"],
    ]
    assert not PHONE_NUMBER.search(done.out + done.err)
    assert max(map(len, done.out.splitlines())) <= 80


def test_the_same_command_again_calls_nobody_again(ori: Command) -> None:
    leads()
    first = ori(*RUN)
    again = ori(*RUN)
    store = open_store()
    campaign = only(store)
    assert (first.code, again.code) == (0, 0)
    assert again.errors == [f"leads ({campaign.id[:8]}) is completed: nobody is called again."]
    assert len(attempts(store, campaign.id)) == 30
    assert again.out == first.out


def test_a_file_saved_anew_is_the_same_list_and_a_longer_one_is_another(ori: Command) -> None:
    leads()
    ori(*RUN)
    text = Path("leads.csv").read_text(encoding="utf-8")
    Path("leads.csv").write_text(text.replace("\n", "\r\n"), encoding="utf-8", newline="")
    assert ori(*RUN).code == 0
    leads(rows=[*LEADS, "919800009999"])
    longer = ori(*RUN)
    assert longer.code == 2
    assert longer.err.startswith("error: There is a campaign 'leads' already, with another list or other settings.")
    assert ori(*RUN, "--name", "More leads").code == 0
    assert [len(attempts(open_store(), each.id)) for each in open_store().campaigns()] == [31, 30]


def test_other_people_and_limits_are_no_other_campaign(ori: Command) -> None:
    leads()
    ori(*RUN)
    assert ori(*RUN, "--answer-rate", "0.9", "--talk-limit", "9", "--seed", "4", "--cps", "7").code == 0
    [kept] = store_carriers()
    assert (kept.id, kept.cps, kept.channels) == ("made-up-carrier", 7, 60)
    changed = ori(*RUN, "--concurrency", "7")
    assert changed.code == 2


def store_carriers() -> list[Carrier]:
    from ori_campaigns.cli.kept import CommandStore

    store = CommandStore("sqlite:///campaigns.db")
    return [each.carrier for each in store.carriers("default") if each.configured]


def test_a_campaign_of_a_library_is_run_by_its_id(ori: Command, store: SqlStore) -> None:
    service = service_of(store, "aaaa1111")
    service.start(service.create(draft(), people(5), by="asha").id, by="asha")
    done = ori("run", "--campaign", "aaaa", *QUICK[:6], "--answer-rate", "1")
    assert done.code == 0
    assert done.errors[0] == "Renewals (aaaa1111) goes on: 0 of 5 contacts done."
    assert store.campaign("aaaa1111").status.value == "completed"
    # Its own carrier dialled it, within its own limits.
    assert {each.carrier for each in attempts(store, "aaaa1111")} == {"trunk"}


def test_a_draft_is_started_and_other_campaigns_are_left_alone(ori: Command, store: SqlStore) -> None:
    service = service_of(store, "aaaa1111", "bbbb2222")
    service.start(service.create(draft("Running elsewhere"), people(5), by="asha").id, by="asha")
    service.create(draft(), people(5, 10), by="asha")
    assert ori("run", "--campaign", "bbbb", *QUICK[:6], "--answer-rate", "1").code == 0
    assert [each.action for each in service.activity("bbbb2222")] == ["create", "start", "complete"]
    assert attempts(store, "aaaa1111") == []
    assert store.campaign("aaaa1111").status.value == "running"


def test_a_new_campaign_takes_no_number_from_another(ori: Command, store: SqlStore) -> None:
    service = service_of(store, "aaaa1111")
    service.start(service.create(draft(), people(5), by="asha").id, by="asha")
    leads()
    assert ori(*RUN).code == 0
    assert ori(*RUN, "--name", "Other numbers", "--number", "911140007000").code == 0
    assert {each.id: len(each.numbers) for each in store_carriers()} == {"trunk": 2, "made-up-carrier": 3}
    assert ori("run", "--campaign", "aaaa", *QUICK[:6], "--answer-rate", "1").code == 0


def test_a_directory_has_the_say_and_the_made_up_carrier_stays(ori: Command, store: SqlStore) -> None:
    leads()
    ori(*RUN)
    Path("phones.toml").write_text(
        'bots = ["b"]\n[[carriers]]\nid = "delhi"\ncps = 50\nburst = 50\nnumbers = ["911140002000"]\n', encoding="utf-8"
    )
    of = ("--directory", "phones.toml", "--bot", "b", "--number", "911140002000", "--name", "Second")
    done = ori("run", "leads.csv", *QUICK[:6], *window(), *of)
    assert done.code == 0
    assert {each.id for each in store_carriers()} == {"delhi", "made-up-carrier"}
    assert {each.carrier for each in attempts(store, store.campaigns()[0].id)} == {"delhi"}


def test_a_prepared_restart_is_started_only_when_it_is_meant(ori: Command, store: SqlStore) -> None:
    leads()
    ori(*RUN)
    campaign = only(store)
    service_of(store).restart(campaign.id, by="ravi")
    refused = ori(*RUN)
    on = f"python -m ori_campaigns run --campaign {campaign.id[:8]}"
    assert refused.errors == [f"error: 'leads' is prepared to call everybody again. To start that: {on}"]
    done = ori("run", "--campaign", campaign.id, *QUICK[:6])
    assert done.code == 0
    # The report is of the second run alone.
    assert sum(done.attempts().values()) == 30
    assert len(attempts(store, campaign.id)) == 60


def test_a_paused_campaign_may_be_left(ori: Command, store: SqlStore) -> None:
    service = service_of(store, "aaaa1111")
    service.start(service.create(draft(), people(5), by="asha").id, by="asha")
    service.pause("aaaa1111", by="ravi")
    done = ori("run", "--campaign", "aaaa", "--leave-when-paused")
    assert (done.code, done.out) == (3, "")
    assert done.errors[2:] == [
        "It is paused by ravi; no new call begins.",
        "It is paused, and was left. Once resumed it goes on with: python -m ori_campaigns run --campaign aaaa1111",
    ]


def test_a_campaign_that_fails_ends_with_1(ori: Command, store: SqlStore) -> None:
    service = service_of(store, "aaaa1111")
    service.start(service.create(draft(), people(5), by="asha").id, by="asha")
    store.put_carriers("default", [])
    done = ori("run", "--campaign", "aaaa")
    assert done.code == 1
    assert "Failed: no usable number" in done.out


def test_files_are_kept(ori: Command) -> None:
    leads(rows=[*LEADS, "N/A"])
    assert ori(*RUN, "--out", "kept", "--skipped", "rows.csv").code == 0
    assert pl.read_parquet("kept/attempts.parquet").height == 30
    assert Path("rows.csv").read_text(encoding="utf-8").splitlines() == ["line,value,reason", "32,N/A,not_digits"]


# --- list and show ---------------------------------------------------------------------------------------------------


@pytest.fixture
def three(store: SqlStore) -> SqlStore:
    service = service_of(store, "aaaa1111", "bbbb2222", "cccc3333")
    for name, first in (("Renewals", 0), ("Reminders", 10), ("Surveys", 20)):
        service.create(draft(name), people(5, first), by="asha")
    service.start("aaaa1111", by="asha")
    service.start("bbbb2222", by="asha")
    service.pause("bbbb2222", by="ravi")
    return store


@pytest.mark.usefixtures("three")
@pytest.mark.behaviour("M1", "M3")
def test_the_list_and_its_filters(ori: Command) -> None:
    done = ori("list")
    rows = done.out.splitlines()[4:]
    assert (done.code, done.err) == (0, "")
    assert [line.split()[0] for line in rows] == [
        "Surveys",
        "cccc3333",
        "Reminders",
        "bbbb2222",
        "Renewals",
        "aaaa1111",
    ]
    assert [line.split()[1] for line in rows[::2]] == ["Draft", "Paused", "Running"]
    assert [line.split()[0] for line in ori("list", "--search", "RE").out.splitlines()[4::2]] == [
        "Reminders",
        "Renewals",
    ]
    assert [line.split()[0] for line in ori("list", "--status", "draft").out.splitlines()[4::2]] == ["Surveys"]
    assert [line.split()[0] for line in ori("list", "--search", "bbbb").out.splitlines()[4::2]] == ["Reminders"]
    assert ori("list", "--search", "x").out == "No campaigns found. Without these filters there are 3.\n"
    assert joined(ori("list", "--workspace", "north").out) == (
        "No campaigns found. None is of workspace 'north'; there are some of default."
    )


@pytest.mark.usefixtures("three")
def test_a_narrow_list_has_its_values_below_each_other(ori: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    done = ori("list")
    assert [line.split()[1] for line in lines(done, "Id ")] == ["cccc3333", "bbbb2222", "aaaa1111"]
    assert max(map(len, done.out.splitlines())) <= 60


def test_a_store_without_a_campaign_has_an_empty_list(ori: Command, store: SqlStore) -> None:
    assert store.campaigns() == []
    assert ori("list") == Done(0, "No campaigns found. campaigns.db has none yet.\n", "")


@pytest.mark.usefixtures("three")
def test_a_campaign_is_shown(ori: Command) -> None:
    done = ori("show", "bbbb")
    assert (done.code, done.err) == (0, "")
    assert "It is paused." in done.out.splitlines()
    settings = {line[:8].strip(): line[10:] for line in done.section("Settings")}
    assert settings["Calls"] == "4 at a time over trunk (2 numbers, 50 a second, 20 channels)"
    assert settings["Attempts"] == "up to 2 to a contact, 30 minutes apart, after no_answer"
    assert settings["Numbers"] == "**********00, **********01"
    assert settings["Id"] == "bbbb2222"
    assert done.section("Contacts")[1].split() == ["pending", "5", "100", "%"]
    assert done.section("Carriers")[1].split() == ["trunk", "2", "50", "0", "of", "20", "ready"]
    assert [line.split()[5:7] for line in done.section("Operator's log")[1:]] == [
        ["create", "asha"],
        ["start", "asha"],
        ["pause", "ravi"],
    ]
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("campaign", "said"), [("cccc", "It was never started."), ("bbbb", "It is paused."), ("aaaa", "It is running")]
)
def test_what_it_is_doing_is_a_sentence(campaign: str, said: str, ori: Command) -> None:
    assert lines(ori("show", campaign), said)


# --- pause, resume, stop ---------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L4", "L5", "L6")
def test_the_buttons(ori: Command, three: SqlStore) -> None:
    paused = ori("pause", "aaaa", "--by", "meena")
    assert (paused.code, paused.err) == (0, "")
    assert joined(paused.out) == (
        "Renewals (aaaa1111) is paused. No new call begins any more, and none is in progress. "
        "It goes on with: python -m ori_campaigns resume aaaa1111"
    )
    resumed = ori("resume", "aaaa", "--by", "meena")
    assert resumed.code == 0
    assert joined(resumed.out).startswith("Renewals (aaaa1111) goes on. Calls begin ")
    assert joined(resumed.out).endswith("start one: python -m ori_campaigns run --campaign aaaa1111")
    stopped = ori("stop", "aaaa", "--by", "meena")
    assert joined(stopped.out) == (
        "Renewals (aaaa1111) is stopped for good. No new call begins any more, and none is in progress."
    )
    log = service_of(three).activity("aaaa1111")
    assert [(each.action, each.by) for each in log[2:]] == [("pause", "meena"), ("resume", "meena"), ("stop", "meena")]
    assert three.campaign("aaaa1111").status.value == "completed"


def test_calls_in_progress_are_told(ori: Command, three: SqlStore) -> None:
    service = service_of(three)
    dials = service.step().dials
    service.record([campaigns.Accepted(dial.attempt_id, three.clock.now()) for dial in dials])
    assert "4 calls are in progress and go on to their end." in joined(ori("stop", "aaaa").out)
    assert lines(ori("show", "aaaa"), "In progress  4 (0 ringing, 0 talking)")


def test_who_did_it_is_the_user_of_the_machine(ori: Command, three: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "kavya")
    ori("pause", "aaaa")
    assert service_of(three).activity("aaaa1111")[-1].by == "kavya"


def test_a_resume_may_take_a_directory(ori: Command, three: SqlStore) -> None:
    Path("phones.toml").write_text(
        'bots = ["renewals-v3"]\n[[carriers]]\nid = "delhi"\nnumbers = ["911140001000"]\n', encoding="utf-8"
    )
    refused = ori("resume", "bbbb", "--directory", "phones.toml")
    assert refused.code == 2
    assert refused.err.startswith("error: Cannot resume campaign bbbb2222: ")
    with Path("phones.toml").open("a", encoding="utf-8") as file:
        file.write('[[carriers]]\nid = "pune"\nnumbers = ["911140001001"]\n')
    assert ori("resume", "bbbb", "--directory", "phones.toml").code == 0
    assert {each.id for each in store_carriers()} == {"delhi", "pune"}
    assert three.campaign("bbbb2222").status.value == "running"


# --- audit -----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("M6")
def test_an_audit_finds_nothing_until_there_is_something(ori: Command) -> None:
    leads()
    ori(*RUN)
    clean = ori("audit")
    assert (clean.code, clean.err) == (0, "")
    first, _, verdict = clean.out.splitlines()
    assert first.startswith("Checked in campaigns.db: 1 campaign, 30 contacts, 30 calls, ")
    assert verdict == "No finding: counters, rows and log agree."
    with closing(sqlite3.connect("campaigns.db")) as raw, raw:
        raw.execute("UPDATE ori_runs SET dialled = dialled + 1")
    campaign = only(open_store())
    for found in (ori("audit"), ori("audit", campaign.id[:4])):
        assert found.code == 1
        told = found.out.splitlines()
        assert told[2] == "I16: counters, rows and log tell the same"
        assert told[3] == f"  In         leads ({campaign.id[:8]})"
        assert told[4].startswith("  Looked at  run 1")
        assert "31" in told[6]
        assert told[-1] == "1 finding."


def test_an_audit_of_one_campaign(ori: Command, three: SqlStore) -> None:
    assert three.can.durable
    assert ori("audit", "aaaa", "bbbb").out.startswith("Checked in campaigns.db: 2 campaigns, 10 contacts, 0 calls, ")


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def test_the_same_over_postgresql(ori: Command, postgres_url: str) -> None:
    leads()
    over = ("--store", postgres_url)
    done = ori(*RUN, *over, "--answer-rate", "1")
    assert done.code == 0, done.err
    assert sum(done.attempts().values()) == 30
    store = SqlStore(postgres_url)
    campaign = only(store)
    store.close()
    assert ori(*RUN, *over, "--answer-rate", "1").errors == [
        f"leads ({campaign.id[:8]}) is completed: nobody is called again."
    ]
    assert ori("show", campaign.id[:4], *over).code == 0
    assert ori("audit", *over).code == 0
    assert ori("pause", campaign.id[:4], *over).code == 2
    assert not Path("campaigns.db").exists()
