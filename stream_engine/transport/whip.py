"""WHIP (RFC 9725): `POST /whip` opens a session, `PATCH` trickles candidates, `DELETE` ends it.

What WHIP and WHEP share (bodies, headers, checks) is here too; `whep` builds on it.
"""

import secrets
from typing import Final

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ValidationError

from stream_engine.clock import TICK_MS
from stream_engine.security import Refusal
from stream_engine.session_registry import SessionRegistry
from stream_engine.settings import Settings
from stream_engine.transport.ice import link_headers
from stream_engine.transport.messages import SEED_BITS, LookAheadMs, Seed
from stream_engine.transport.offer import read_fragment, read_offer

SDP: Final = "application/sdp"
TRICKLE: Final = "application/trickle-ice-sdpfrag"


class _Parameters(BaseModel):
    """The query of `POST /whip`."""

    look_ahead_ms: LookAheadMs | None = None
    seed: Seed | None = None


def whip_router(registry: SessionRegistry, settings: Settings) -> APIRouter:
    """The WHIP routes."""
    router = APIRouter()

    @router.post("/whip")
    async def open_session(request: Request) -> Response:
        body = await read_body(request, SDP)
        check_accept(request)
        parameters = _parameters(request)
        ticks = settings.look_ahead_ticks if parameters.look_ahead_ms is None else parameters.look_ahead_ms // TICK_MS
        offer = read_offer(body, "speaker")
        # Else every face would blink and look about as every other does.
        seed = secrets.randbits(SEED_BITS) if parameters.seed is None else parameters.seed
        live, answer = await registry.open_session(offer, look_ahead_ticks=ticks, seed=seed)
        return created(answer, f"/whip/{live.id}", live.id, live.etag, settings)

    @router.patch("/whip/{session_id}")
    async def trickle(session_id: str, request: Request) -> Response:
        live = registry.session(session_id)
        body = await read_body(request, TRICKLE)
        check_etag(request, live.etag)
        await live.speaker.add_candidates(read_fragment(body, live.offer))
        return Response(status_code=204, headers={"ETag": live.etag})

    @router.delete("/whip/{session_id}")
    async def end_session(session_id: str) -> Response:
        await registry.end(session_id, "closed")
        return Response(status_code=200)

    @router.options("/whip")
    async def whip_options() -> Response:
        return Response(status_code=204, headers={"Allow": "OPTIONS, POST", "Accept-Post": SDP})

    @router.options("/whip/{session_id}")
    async def session_options() -> Response:
        return Response(status_code=204, headers={"Allow": "DELETE, OPTIONS, PATCH", "Accept-Patch": TRICKLE})

    return router


async def read_body(request: Request, content_type: str) -> bytes:
    """A request's body, if it is of the right type (its size is bounded by the gate).

    Raises:
        Refusal: 415, another type; 413, too long; 400, the client went away in mid-body.
    """
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != content_type:
        raise Refusal(415, "wrong_content_type", f"Send the body as Content-Type: {content_type}.")
    return await request.body()


def check_accept(request: Request) -> None:
    """Checks that the client takes SDP.

    Raises:
        Refusal: 406, its Accept header excludes it.
    """
    accept = request.headers.get("accept")
    if accept is None:
        return
    accepted = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    if not accepted & {SDP, "application/*", "*/*", ""}:
        raise Refusal(406, "not_acceptable", f"The answer is {SDP}; accept it.")


def check_etag(request: Request, etag: str) -> None:
    """Checks an If-Match header, where there is one (RFC 9725 §4.3).

    Raises:
        Refusal: 412, it names another state of the resource.
    """
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted.strip() != "*" and etag not in {part.strip() for part in wanted.split(",")}:
        raise Refusal(412, "wrong_etag", "If-Match names another state of this session; use the ETag of its answer.")


def created(answer: str, location: str, session_id: str, etag: str, settings: Settings) -> Response:
    """The 201 of WHIP and WHEP."""
    response = Response(answer, 201, media_type=SDP)
    response.headers["Location"] = location
    response.headers["ETag"] = etag
    response.headers["X-Session-Id"] = session_id
    response.headers["Accept-Patch"] = TRICKLE
    response.headers["Cache-Control"] = "no-store"
    for link in link_headers(settings.ice_servers):
        response.headers.append("Link", link)
    return response


def _parameters(request: Request) -> _Parameters:
    try:
        return _Parameters.model_validate(dict(request.query_params))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise Refusal(400, "bad_parameter", f"Query parameter {place}: {first['msg']}.") from None
