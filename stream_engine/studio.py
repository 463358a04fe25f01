"""Serves the built studio (`clients/web/dist`), or says how to build it."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

_NOT_BUILT = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Stream Engine</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40em;margin:4em auto;padding:0 1em}</style>
<h1>The server runs, its page is not built</h1>
<p>Build the studio and reload this page; the server need not be restarted:</p>
<pre>make web</pre>
<p>or, with Node at hand, <code>cd clients/web &amp;&amp; npm ci &amp;&amp; npm run build</code>.
A build that lies elsewhere is named with <code>--web-dir</code>.</p>
</html>
"""


class Studio(StaticFiles):
    """Static files with the cache headers a hashed build wants.

    Vite gives every file under `assets/` a name that changes with its content; those may be kept for good, everything
    else is asked for anew.

    Args:
        directory: the build; it may appear later.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, html=True, check_dir=False)

    async def check_config(self) -> None:
        """Nothing to check: the build may appear while the server runs."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, or its absence."""
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code == 404 and path in (".", "index.html"):
                return HTMLResponse(_NOT_BUILT, 503, headers={"Cache-Control": "no-store"})
            raise
        hashed = path.startswith("assets/") and response.status_code in (200, 304)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response
