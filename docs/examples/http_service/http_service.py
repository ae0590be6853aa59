"""Campaigns over HTTP, JSON in and out: `python http_service.py 8000`, then `curl http://127.0.0.1:8000/campaigns`."""

from __future__ import annotations

import inspect
import json
import logging
import re
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from socketserver import ThreadingMixIn
from urllib.parse import parse_qsl
from wsgiref.simple_server import WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

import attrs

import ori_campaigns as ori
from ori_campaigns import codec
from ori_campaigns.ingest import Limits, advice
from ori_campaigns.wizard import Wizard

TRUNK = ori.Carrier("trunk", numbers=["+91 11 4000 1000", "+91 11 4000 1001"], channels=60)
DIRECTORY = ori.StaticDirectory(bots=[ori.Bot("renewals-v3", name="Renewals")], carriers=[TRUNK])

# The status, and what is said instead of the error's own words; a class that is not here is answered as its base.
ERRORS: dict[type[BaseException], tuple[int, str]] = {
    ori.UnreadableDocument: (400, ""),
    ori.NotFound: (404, ""),
    ori.ActionNotAllowed: (409, ""),
    ori.FieldLocked: (409, ""),
    ori.Conflict: (409, ""),
    ori.InvalidDefinition: (422, ""),
    ori.IngestError: (422, ""),
    ori.StoreUnavailable: (503, "The store is away. Nothing was changed; try again."),
    ori.CommitUnknown: (503, "It may have been done. Look first, or send it again with the same Idempotency-Key."),
    Exception: (500, "Something went wrong here."),
}


def refused(error: Exception) -> tuple[int, object]:
    status, text = next(ERRORS[each] for each in type(error).__mro__ if each in ERRORS)
    code = error.code if isinstance(error, ori.CampaignsError) else "unexpected"
    if text:
        logging.getLogger(__name__).error("Answered with %s.", status, exc_info=error)
    own = () if text else getattr(error, "problems", (ori.Problem("", code, str(error), advice(code)),))
    problems = [attrs.asdict(each) for each in own]
    return 413 if code == "too_large" else status, {"code": code, "message": text or str(error), "problems": problems}


def unreadable(message: str) -> ori.UnreadableDocument:
    return ori.UnreadableDocument("The request", [ori.Problem("", "bad_request", message)])


class Request:
    def __init__(self, service: ori.CampaignService, uploads: Path, environ: WSGIEnvironment) -> None:
        self.service, self.environ = service.within(environ.get("HTTP_X_WORKSPACE", "default")), environ
        # A folder of its own for each workspace; what the header says is no name for one.
        self.uploads = uploads / sha256(self.service.workspace.encode()).hexdigest()[:16]
        self.uploads.mkdir(parents=True, exist_ok=True)
        self.query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        self.user, self.key = environ.get("HTTP_X_USER", ""), environ.get("HTTP_IDEMPOTENCY_KEY")

    def body(self) -> bytes:
        size = self.environ.get("CONTENT_LENGTH") or "0"
        if not size.isdecimal() or "HTTP_TRANSFER_ENCODING" in self.environ:
            raise unreadable("It does not say how many bytes it has.")
        if int(size) > LIMITS.max_bytes:
            raise ori.IngestError(f"More than {LIMITS.max_bytes:,} bytes were sent.", code="too_large")
        body = bytes(self.environ["wsgi.input"].read(int(size)))
        if len(body) < int(size):
            raise unreadable("It broke off.")
        return body

    def json(self) -> dict[str, object]:
        with suppress(TypeError, ValueError, RecursionError):
            return dict(json.loads(self.body()))
        raise unreadable("Its body is not the JSON text of an object.")

    def draft(self) -> ori.CampaignDraft:
        return attrs.evolve(codec.from_plain(ori.CampaignDraft, self.json()), workspace=self.service.workspace)

    def wizard(self) -> Wizard:
        return self.service.refreshed(codec.from_plain(Wizard, self.json().get("wizard")))

    def call(self, method: Callable[..., object], **kinds: Callable[[str], object]) -> object:
        try:
            given = {name: kind(self.query[name]) for name, kind in kinds.items() if name in self.query}
            inspect.signature(method).bind(**given)
        except (TypeError, ValueError) as error:
            raise unreadable(f"Its query does not fit: {error}.") from None
        return method(**given)

    def leads(self) -> ori.Leads:
        name = self.query.get("upload", "")
        if not re.fullmatch(FILE, name) or not (self.uploads / name).exists():
            raise ori.NotFound("upload", name)
        return ori.read_leads(self.uploads / name, policy=self.service.policy, limits=LIMITS)


LIMITS, FILE, ID = Limits(max_bytes=50_000_000), "[A-Za-z0-9][A-Za-z0-9_.-]{0,99}", "/campaigns/([^/]+)"
ROUTES: dict[str, Callable[..., object]] = {
    "GET /campaigns": lambda r: r.call(r.service.list_page, search=str, status=str, after=str, limit=int, zone=str),
    f"GET {ID}": lambda r, name: r.call(partial(r.service.detail, name), zone=str),
    f"GET {ID}/contacts": lambda r, name: r.call(
        partial(r.service.contacts, name), status=str, disposition=str, callback=str, after=int, limit=int, zone=str
    ),
    "POST /campaigns": lambda r: r.service.create(
        r.draft(), r.leads() if "upload" in r.query else None, by=r.user, key=r.key
    ),
    f"POST {ID}/(start|pause|resume|stop|restart|cancel_restart|clone|delete)": (
        lambda r, name, action: getattr(r.service, action)(name, by=r.user)
    ),
    f"POST {ID}/contacts": lambda r, name: r.service.append(name, r.leads(), by=r.user),
    f"PUT /uploads/({FILE})": lambda r, name: {"upload": name, "bytes": (r.uploads / name).write_bytes(r.body())},
    "POST /wizard": lambda r: r.call(r.service.new_wizard, time_zone=str),
    f"POST {ID}/wizard": lambda r, name: r.service.edit_wizard(name),
    "POST /wizard/(enter|toggle|leave|next|back|go|remove_upload)": (
        lambda r, move: r.call(getattr(r.wizard(), move), field=str, value=str, step=str)
    ),
    "POST /wizard/upload": lambda r: r.wizard().upload(r.leads()),
    "POST /wizard/save": lambda r: r.service.save(r.wizard(), r.leads() if "upload" in r.query else None, by=r.user),
}


def answer(request: Request) -> object:
    route = f"{request.environ['REQUEST_METHOD']} {request.environ['PATH_INFO']}"
    found = [(each, match.groups()) for pattern, each in ROUTES.items() if (match := re.fullmatch(pattern, route))]
    if not found or not request.user:
        raise unreadable("The header X-User is missing.") if found else ori.NotFound("route", route)
    value = found[0][0](request, *found[0][1])
    if isinstance(value, Wizard):
        return {"wizard": codec.to_plain(value), "page": codec.to_plain(value.page())}
    return value if value is None or isinstance(value, dict) else codec.to_plain(value)


def app(service: ori.CampaignService, uploads: Path, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
    try:
        status, value = 200, answer(Request(service, uploads, environ))
    except Exception as error:  # noqa: BLE001 - the table of errors has the last word
        status, value = refused(error)
    later = [("Retry-After", "5")] if status == HTTPStatus.SERVICE_UNAVAILABLE else []
    start(f"{status} {HTTPStatus(status).phrase}", [("Content-Type", "application/json"), *later])
    return [json.dumps(value, indent=1, ensure_ascii=False).encode(errors="replace") + b"\n"]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


if __name__ == "__main__":
    with closing(ori.SqlStore("sqlite:///campaigns.db")) as store:
        served = partial(app, ori.CampaignService(store, DIRECTORY), Path("uploads"))
        with make_server("127.0.0.1", int(sys.argv[1]), served, Server) as server, suppress(KeyboardInterrupt):
            server.serve_forever()
