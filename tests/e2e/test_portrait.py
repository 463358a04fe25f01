"""The page for posed faces: the pictures of the documents are only as true as it."""

import base64
import io
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Error, Page

from benchmarks.pictures.pose_tab import PoseTab, Shot, pose_page
from benchmarks.server_process import ServerProcess

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

GREY = (200, 205, 210)
SIZE = (160, 160)


@pytest.fixture(scope="module")
def page(browser: Browser, server: ServerProcess) -> Iterator[Page]:
    with pose_page(browser, server.url, finish="plain", scale=1) as opened:
        yield opened


@pytest.fixture(scope="module")
def tab(page: Page) -> PoseTab:
    return PoseTab(page)


def taken(tab: PoseTab, shot: Shot) -> NDArray[np.int64]:
    return np.asarray(tab.take(shot)).astype(np.int64)


def test_a_portrait_shows_skin_in_the_middle_and_its_background_at_the_corners(tab: PoseTab) -> None:
    picture = taken(tab, Shot(framing="head", background="rgb(200 205 210)", size=SIZE))
    assert picture.shape == (160, 160, 3)
    for corner in (picture[2, 2], picture[2, -3]):
        assert tuple(corner) == GREY
    # Below the eyes, beside the nose.
    skin = picture[84:92, 66:94].reshape(-1, 3).mean(0)
    assert skin[0] > skin[1] > skin[2], f"no skin has the colour {skin}"
    assert skin[0] > 60


def test_without_a_background_it_is_transparent(tab: PoseTab) -> None:
    picture = taken(tab, Shot(framing="head", background=None, size=SIZE))
    assert picture.shape == (160, 160, 4)
    assert picture[2, 2, 3] == 0
    assert picture[80, 80, 3] == 255
    assert 0.2 < (picture[..., 3] == 255).mean() < 0.8


def test_a_pose_moves_what_it_names_and_the_same_request_gives_the_same_pixels(tab: PoseTab) -> None:
    rest = Shot(framing="face", size=SIZE)
    first = taken(tab, rest)
    opened = taken(tab, Shot({"JawOpen": 0.7}, framing="face", size=SIZE))
    moved = np.abs(opened - first).max(-1) > 24
    assert moved[100:].mean() > 0.03, "the jaw did not open"
    assert moved[:70].mean() < 0.005, "the brows opened with the jaw"
    np.testing.assert_array_equal(taken(tab, rest), first)


def test_it_is_seen_from_where_the_camera_is_told_to_stand(tab: PoseTab) -> None:
    """Both profiles have one outline, but they look opposite ways."""
    left, right = (taken(tab, Shot(framing="head", yaw=yaw, background=None, size=SIZE))[..., 3] > 128
                   for yaw in (80, -80))  # fmt: skip

    def agreement(other: NDArray[np.bool_]) -> float:
        return float((left & other).sum() / (left | other).sum())

    assert agreement(right[:, ::-1]) > 0.9
    assert agreement(right) < agreement(right[:, ::-1]) - 0.05


@pytest.mark.parametrize(
    ("request_", "named"),
    [
        ({"channels": {"jawOpen": 1}}, "jawOpen"),
        ({"look": "nobody"}, "nobody"),
        ({"camera": {"framing": "toes"}}, "toes"),
    ],
)
def test_what_does_not_exist_is_named(page: Page, request_: dict[str, object], named: str) -> None:
    with pytest.raises(Error, match=named):
        page.evaluate("request => streamEngine.portrait(request)", request_)


def test_full_materials_can_be_drawn_without_a_graphics_card(
    browser: Browser, server: ServerProcess, tab: PoseTab
) -> None:
    complaints: list[str] = []
    shot = Shot(framing="face", size=(120, 120))
    with pose_page(browser, server.url, finish="full", scale=1) as opened:
        opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        full = np.asarray(PoseTab(opened).take(shot)).astype(int)
        drawing = opened.evaluate("streamEngine.portrait({ size: 64 }).then(({ drawing }) => drawing)")
    assert complaints == []
    assert not drawing["software"]
    assert drawing["textures"] > 0
    assert full.std() > 10
    assert np.abs(full - taken(tab, shot)).mean() > 2, "full and plain materials look alike"


def test_a_portrait_is_an_ordinary_png(page: Page) -> None:
    answer = page.evaluate("streamEngine.portrait({ size: [40, 30] })")
    head, _, data = answer["png"].partition(",")
    assert head == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
        assert picture.size == (40, 30)
    assert answer["look"] == page.evaluate("streamEngine.looks[0].id")
    assert 0 < answer["drawing"]["drawCalls"] < 40
    assert answer["drawing"]["vertices"] < 25_000
