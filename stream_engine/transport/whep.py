"""WHEP (draft-ietf-wish-whep-03): `POST /whep/{session}` opens a viewer of a session."""

from fastapi import APIRouter, Request, Response

from stream_engine.session_registry import SessionRegistry
from stream_engine.settings import Settings
from stream_engine.transport.offer import read_fragment, read_offer
from stream_engine.transport.whip import SDP, TRICKLE, check_accept, check_etag, created, read_body


def whep_router(registry: SessionRegistry, settings: Settings) -> APIRouter:
    """The WHEP routes."""
    router = APIRouter()

    @router.post("/whep/{session_id}")
    async def open_viewer(session_id: str, request: Request) -> Response:
        registry.session(session_id)
        body = await read_body(request, SDP)
        check_accept(request)
        viewer, answer = await registry.open_viewer(session_id, read_offer(body, "viewer"))
        return created(answer, f"/whep/{session_id}/{viewer.id}", session_id, viewer.etag, settings)

    @router.patch("/whep/{session_id}/{viewer_id}")
    async def trickle(session_id: str, viewer_id: str, request: Request) -> Response:
        viewer = registry.viewer(session_id, viewer_id)
        body = await read_body(request, TRICKLE)
        check_etag(request, viewer.etag)
        await viewer.add_candidates(read_fragment(body, viewer.offer))
        return Response(status_code=204, headers={"ETag": viewer.etag})

    @router.delete("/whep/{session_id}/{viewer_id}")
    async def close_viewer(session_id: str, viewer_id: str) -> Response:
        await registry.close_viewer(session_id, viewer_id)
        return Response(status_code=200)

    @router.options("/whep/{session_id}")
    async def whep_options() -> Response:
        return Response(status_code=204, headers={"Allow": "OPTIONS, POST", "Accept-Post": SDP})

    @router.options("/whep/{session_id}/{viewer_id}")
    async def viewer_options() -> Response:
        return Response(status_code=204, headers={"Allow": "DELETE, OPTIONS, PATCH", "Accept-Patch": TRICKLE})

    return router
