"""The studio's files: cached as their names allow, explained where they are absent."""

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from stream_engine.studio import Studio

pytestmark = pytest.mark.anyio


def client(directory: Path) -> httpx.AsyncClient:
    app = Starlette(routes=[Mount("/", Studio(directory))])
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost")


async def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    async with client(tmp_path / "dist") as http:
        answer = await http.get("/")
        assert answer.status_code == 503
        assert "npm run build" in answer.text
        (tmp_path / "dist").mkdir()
        (tmp_path / "dist" / "index.html").write_text("<!doctype html>studio")
        assert (await http.get("/")).text == "<!doctype html>studio"


async def test_hashed_files_are_kept_others_asked_for_anew(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "app-3f2a.js").write_text("1")
    (tmp_path / "index.html").write_text("x")
    async with client(tmp_path) as http:
        script = await http.get("/assets/app-3f2a.js")
        assert script.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert script.headers["content-type"].startswith("text/javascript")
        page = await http.get("/")
        assert page.headers["cache-control"] == "no-cache"
        unchanged = await http.get("/", headers={"If-None-Match": page.headers["etag"]})
        assert unchanged.status_code == 304


@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/assets/..%2f..%2fsecret", "/%00", "/a%0ab"])
async def test_nothing_outside_is_served(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "dist").mkdir()
    async with client(tmp_path / "dist") as http:
        assert (await http.get(path)).status_code == 404
