"""The page's dialogue, sent to a real server; and every error with its status."""

from __future__ import annotations

import http.client
import json
import os
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any
from wsgiref.simple_server import make_server

import pytest

import ori_campaigns as ori
from ori_campaigns import codec, errors

from .http_service import DIRECTORY, Server, app, refused

PROGRAM = Path(__file__).parent / "http_service.py"
PAGE = (PROGRAM.parents[2] / "how-to" / "embed-in-a-service.md").read_text(encoding="utf-8")
FILES = re.findall(r"`(\S+)`:\n\n```(?:csv|json)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
DIALOGUE = "".join(re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
TYPED = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)

PROBLEM = ori.Problem("name", "name_blank", "The campaign has no name.", "Give it one.")
REFUSED = {"entity_id": "c1", "status": "running", "action": "start", "allowed": ["pause"]}
EXPECTED: list[tuple[Exception, int]] = [
    (ori.UnreadableDocument("It", [PROBLEM]), 400),
    (ori.NotFound("campaign", "c1"), 404),
    (ori.ActionNotAllowed(entity="campaign", entity_id="c1", status="running", action="delete", allowed=[]), 409),
    (ori.CannotStart(entity_id="c1", status="draft", action="start", allowed=[], problems=[PROBLEM]), 409),
    (ori.FieldLocked(entity_id="c1", fields=["bot"], message="It is locked."), 409),
    (ori.Conflict("Somebody else was first."), 409),
    (ori.InvalidDefinition([PROBLEM]), 422),
    (ori.IngestError("The list is empty.", code="empty_file"), 422),
    (ori.IngestError("The list is too long.", code="too_large"), 413),
    (ori.StoreUnavailable("db.internal is away."), 503),
    (ori.CommitUnknown("db.internal was lost."), 503),
    (ori.StoreError("db.internal refused it."), 500),
    (ori.DiallerError("sip.internal failed.", retryable=True), 500),
    (ori.MissingExtra("db.internal", "sql"), 500),
    (ori.CampaignsError("db.internal"), 500),
    (RuntimeError("db.internal"), 500),
]


class Client:
    def __init__(self, port: int) -> None:
        self.port = port

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = MappingProxyType({})
    ) -> tuple[str, bytes]:
        """Return the head and the body of the answer."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            connection.request(method, path, body, {"X-User": "asha", **headers})
            with connection.getresponse() as answer:
                head = f"HTTP/1.0 {answer.status} {answer.reason}\n{answer.headers}"
                return head, answer.read()

    def json(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        head, said = self.send(method, path, b"" if body is None else json.dumps(body).encode())
        return int(head.split()[1]), json.loads(said)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES:
        (tmp_path / name).write_text(text, encoding="utf-8", newline="\n")
    (tmp_path / "http_service.py").write_bytes(PROGRAM.read_bytes())
    return tmp_path


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    served = partial(app, ori.CampaignService(ori.MemoryStore(), DIRECTORY), tmp_path)
    with make_server("127.0.0.1", 0, served, Server) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield Client(server.server_port)
        server.shutdown()
        thread.join()


def curl(command: str, client: Client, folder: Path) -> str:
    """Do what curl does with these words."""
    method, body, headers, shown, into, url = "GET", b"", {}, False, "", ""
    words = iter(shlex.split(command)[1:])
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-X":
            method = next(words)
        elif word == "-T":
            method, body = "PUT", (folder / next(words)).read_bytes()
        elif word == "-d":
            method, body = "POST", (folder / next(words).removeprefix("@")).read_bytes()
        elif word == "-o":
            into = next(words)
        elif word in {"-i", "-s"}:
            shown = shown or word == "-i"
        else:
            url = word
    head, said = client.send(method, url.removeprefix("http://127.0.0.1:8000"), body, headers)
    if into:
        (folder / into).write_bytes(said)
        return ""
    return head + said.decode() if shown else said.decode()


def pattern(answer: str) -> str:
    lines = (
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\.\.\.", ".*") + r"\n"
        for line in answer.splitlines()
    )
    return "".join(lines)


def test_the_program_is_short_and_stands_on_the_page() -> None:
    code = PROGRAM.read_text(encoding="utf-8")
    assert len(code.splitlines()) <= 170
    assert f"```python\n{code}```" in PAGE


def test_the_dialogue_of_the_page(folder: Path) -> None:
    with make_server("127.0.0.1", 0, lambda *_: [], Server) as free:
        port = free.server_port
    program = subprocess.Popen(
        [sys.executable, "http_service.py", str(port)],
        cwd=folder,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(PROGRAM.parents[3] / "src")},
    )
    try:
        client, campaign_id = Client(port), ""
        wait_for(client)
        for line, answer in TYPED.findall(DIALOGUE):
            command = line.replace("$ID", campaign_id)
            if piped := re.fullmatch(r"ID=\$\((curl .*) \| python -c '(.*)'\)", line):
                said = curl(piped[1], client, folder)
                python = subprocess.run(
                    [sys.executable, "-c", piped[2]], input=said, capture_output=True, text=True, check=True
                )
                campaign_id = python.stdout.strip()
            else:
                said = curl(command, client, folder)
                assert re.fullmatch(pattern(answer), said), (command, said)
    finally:
        program.kill()
        program.wait()
    with closing(ori.SqlStore(f"sqlite:///{folder / 'campaigns.db'}")) as store:
        found = {each.name: (each.status.value, store.counters(each.id).total) for each in store.campaigns()}
    assert found == {"Q2 Renewal Drive": ("paused", 3), "Q3 Drive": ("draft", 2)}


def wait_for(client: Client) -> None:
    for _ in range(300):
        try:
            client.send("GET", "/campaigns")
        except ConnectionRefusedError:
            threading.Event().wait(0.1)
        else:
            return
    raise AssertionError("The server did not start.")


@pytest.mark.parametrize(
    ("error", "status"), EXPECTED, ids=[f"{type(each).__name__}-{status}" for each, status in EXPECTED]
)
def test_each_error_has_its_status(error: Exception, status: int) -> None:
    found, body = refused(error)
    assert found == status
    assert isinstance(body, dict)
    assert list(body) == ["code", "message", "problems"]
    for each in body["problems"]:
        assert list(each) == ["path", "code", "message", "hint", "severity"]
    assert bool(body["problems"]) is (status < 500)
    assert "internal" not in json.dumps(body)


def test_the_table_has_every_class() -> None:
    kinds = {
        each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.CampaignsError)
    }
    assert kinds == {type(error) for error, _ in EXPECTED} - {RuntimeError}
    rows = re.findall(r"^\| (`.*?) \| (\d+)", PAGE, re.MULTILINE)
    table = {
        name: int(status) for names, status in rows if "with code" not in names for name in re.findall(r"\w+", names)
    }
    expected = {type(error).__name__: status for error, status in EXPECTED if status != 413}
    assert table == {name: status for name, status in expected.items() if name != "RuntimeError"}


def test_from_a_blank_wizard_to_a_running_campaign(client: Client) -> None:
    client.send("PUT", "/uploads/a.csv", b"phone_number\n919800000001\n")
    _, said = client.json("POST", "/wizard?time_zone=Asia/Kolkata")
    for move in (
        "enter?field=name&value=Q3",
        "enter?field=bot&value=renewals-v3",
        "next",
        "toggle?field=numbers&value=911140001001",
        "next",
        "toggle?field=callback_detection",
        "next",
        "upload?upload=a.csv",
        "next",
    ):
        status, said = client.json("POST", f"/wizard/{move}", said)
        assert status == 200, said
    assert said["page"]["step"] == "review"
    status, saved = client.json("POST", "/wizard/save?upload=a.csv", said)
    _, again = client.json("POST", "/wizard/save?upload=a.csv", said)
    assert (status, saved["id"], saved["numbers"]) == (200, again["id"], ["911140001001"])
    status, receipt = client.json("POST", f"/campaigns/{saved['id']}/start")
    assert (status, receipt["campaign"]["status"]) == (200, "running")
    _, detail = client.json("GET", f"/campaigns/{saved['id']}")
    assert detail["type"] == "DetailPage"
    _, edit = client.json("POST", f"/campaigns/{saved['id']}/wizard")
    assert edit["wizard"]["editing"]["id"] == saved["id"]


def test_a_request_that_is_sent_again_with_its_key_is_one_campaign(client: Client) -> None:
    draft = dict(FILES)["draft.json"].encode()
    said = [client.send("POST", "/campaigns", draft, {"Idempotency-Key": key}) for key in ("a", "a", "b")]
    first, second, other = (json.loads(body)["id"] for _, body in said)
    assert first == second != other


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/campaigns?limit=x", b"", 400, "unreadable_document"),
        ("GET", "/campaigns?limit=0", b"", 422, "bad_limit"),
        ("GET", "/campaigns?status=odd", b"", 422, "unknown_status"),
        ("GET", "/campaigns/none", b"", 404, "not_found"),
        ("DELETE", "/campaigns/none", b"", 404, "not_found"),
        ("POST", "/campaigns/none/fail", b"", 404, "not_found"),
        ("POST", "/campaigns", b"{", 400, "unreadable_document"),
        ("POST", "/campaigns", b"7", 400, "unreadable_document"),
        ("POST", "/wizard/enter?field=name", b"{}", 400, "unreadable_document"),
        ("POST", "/wizard/working", b"{}", 404, "not_found"),
        ("PUT", "/uploads/..", b"x", 404, "not_found"),
        ("POST", "/campaigns/none/contacts?upload=../http_service.py", b"", 404, "not_found"),
        ("POST", "/wizard/save?upload=a.csv", b'{"wizard": 1}', 400, "unreadable_document"),
    ],
)
def test_a_wrong_request_is_told_so(
    client: Client, method: str, path: str, body: bytes, status: int, code: str
) -> None:
    head, said = client.send(method, path, body)
    assert (int(head.split()[1]), json.loads(said)["code"]) == (status, code)


def test_nobody_is_served_without_a_user(client: Client) -> None:
    head, _ = client.send("GET", "/campaigns", headers={"X-User": ""})
    assert head.startswith("HTTP/1.0 400 ")


def test_what_belongs_to_another_workspace_is_not_there(client: Client) -> None:
    draft = ori.CampaignDraft(name="Q3", bot="renewals-v3", numbers=["911140001000"])
    _, said = client.send("POST", "/campaigns", codec.dumps(draft).encode())
    path = f"/campaigns/{json.loads(said)['id']}"
    for workspace, status in (("default", "200"), ("north", "404")):
        head, _ = client.send("GET", path, headers={"X-Workspace": workspace})
        assert head.split()[1] == status
    _, said = client.send("GET", "/campaigns", headers={"X-Workspace": "north"})
    assert json.loads(said)["rows"] == []


def test_a_body_that_is_too_large_is_refused_before_it_is_read(client: Client) -> None:
    head, said = client.send("PUT", "/uploads/a.csv", headers={"Content-Length": "50000001"})
    assert (head.split()[1], json.loads(said)["code"]) == ("413", "too_large")


@pytest.mark.parametrize(
    "headers", [{"Content-Length": "-5"}, {"Content-Length": "x"}, {"Transfer-Encoding": "chunked"}]
)
def test_a_body_of_unknown_length_replaces_nothing(client: Client, headers: dict[str, str]) -> None:
    client.send("PUT", "/uploads/a.csv", b"phone_number\n919800000001\n")
    head, _ = client.send("PUT", "/uploads/a.csv", headers=headers)
    assert head.startswith("HTTP/1.0 400 ")
    _, said = client.send("POST", "/wizard?time_zone=UTC")
    _, said = client.send("POST", "/wizard/upload?upload=a.csv", said)
    assert json.loads(said)["wizard"]["uploaded"]["accepted"] == 1
    head, _ = client.send("POST", "/wizard/upload?upload=a.csv", said, headers={"X-Workspace": "north"})
    assert head.startswith("HTTP/1.0 404 ")


def test_a_store_that_is_away_says_when_to_come_back(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    def away(*_: object, **__: object) -> None:
        raise ori.StoreUnavailable("db.internal is away.")

    monkeypatch.setattr(ori.MemoryStore, "overview", away)
    head, said = client.send("GET", "/campaigns")
    assert head.startswith("HTTP/1.0 503 ")
    assert "\nRetry-After: 5\n" in head
    assert b"internal" not in said
