"""A tab that Playwright leaves alone, so that it can be hidden: Playwright's own pages always count as visible."""

import json
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from benchmarks.browser import PageTimeoutError
from stream_engine.clock import SystemClock


class RawTab:
    """A tab of the browser's default profile, driven by the DevTools protocol alone.

    Args:
        browser: where to open it.
        address: what to open.
        pump: any page of Playwright's, which keeps events flowing while we wait.
    """

    def __init__(self, browser: Browser, address: str, pump: Page) -> None:
        self._pump = pump
        self._devtools: CDPSession = browser.new_browser_cdp_session()
        self._devtools.on("Target.receivedMessageFromTarget", self._receive)
        self._answers: dict[int, Any] = {}
        self._sent = 0
        self._target = self._devtools.send("Target.createTarget", {"url": address})["targetId"]
        attach = {"targetId": self._target, "flatten": False}
        self._session = self._devtools.send("Target.attachToTarget", attach)["sessionId"]
        self._front: str | None = None

    def evaluate(self, expression: str, timeout_s: float = 10.0) -> Any:
        """Value of a JavaScript expression.

        Raises:
            PageTimeoutError: the tab does not answer.
            RuntimeError: the expression threw.
        """
        self._sent += 1
        parameters = {"expression": expression, "returnByValue": True, "awaitPromise": True, "userGesture": True}
        message = {"id": self._sent, "method": "Runtime.evaluate", "params": parameters}
        self._devtools.send("Target.sendMessageToTarget", {"sessionId": self._session, "message": json.dumps(message)})
        clock = SystemClock()
        deadline = clock.monotonic() + timeout_s
        while self._sent not in self._answers:
            if clock.monotonic() > deadline:
                raise PageTimeoutError(f"the tab does not answer to {expression}")
            self._pump.wait_for_timeout(20)
        answer = self._answers.pop(self._sent)["result"]
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, condition: str, timeout_s: float = 30.0) -> None:
        """Waits until a JavaScript expression holds.

        Raises:
            PageTimeoutError: it did not in time.
        """
        clock = SystemClock()
        deadline = clock.monotonic() + timeout_s
        while not self.evaluate(f"Boolean({condition})"):
            if clock.monotonic() > deadline:
                raise PageTimeoutError(f"in {timeout_s:.0f} s it did not come about that {condition}")
            self._pump.wait_for_timeout(100)

    def hide(self) -> None:
        """Puts another tab in front of it."""
        self._front = self._devtools.send("Target.createTarget", {"url": "about:blank"})["targetId"]

    def show(self) -> None:
        """Brings it to the front again."""
        self._devtools.send("Target.activateTarget", {"targetId": self._target})

    def close(self) -> None:
        """Closes it, and the tab that hid it."""
        for target in filter(None, (self._target, self._front)):
            self._devtools.send("Target.closeTarget", {"targetId": target})
        self._devtools.detach()

    def _receive(self, event: dict[str, Any]) -> None:
        message = json.loads(event["message"])
        if "id" in message:
            self._answers[message["id"]] = message
