"""`python -m benchmarks.pictures` takes every picture of docs/media in the real client; `--only NAME` takes one.

`posters` are not for the documents but for the studio: what it shows of a look until the face itself is there.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser
from rich.console import Console

from benchmarks.browser import chromium
from benchmarks.pictures import live, portraits
from benchmarks.pictures.pose_tab import Finish, PoseTab, Shot, pose_tab
from benchmarks.pictures.sentence import Sentence, speak, strip
from benchmarks.server_process import REPOSITORY, ServerProcess
from benchmarks.speech_source import write_microphone
from stream_engine.clock import MODEL_RATE

FOLDER = REPOSITORY / "docs" / "media"
POSTER_FOLDER = REPOSITORY / "clients" / "web" / "public" / "looks"
POSTERS = "posters"
QUALITY = 86
"""Of WebP: skin's gradients band below it."""
BUDGET_BYTES = 4_000_000


class Set:
    """Everything a picture may be taken of; opened as it is needed, closed together.

    Args:
        closing: closes what was opened.
    """

    def __init__(self, closing: ExitStack) -> None:
        self._closing = closing
        self._tabs: dict[Finish, PoseTab] = {}

    @cached_property
    def sentence(self) -> Sentence:
        """What is said in every picture."""
        return speak()

    @cached_property
    def folder(self) -> Path:
        """For files nobody keeps."""
        return Path(self._closing.enter_context(TemporaryDirectory()))

    @cached_property
    def url(self) -> str:
        """Address of a server of our own."""
        return self._closing.enter_context(ServerProcess(self.folder / "server.log")).url

    @cached_property
    def browser(self) -> Browser:
        """A Chromium whose microphone says the sentence again and again."""
        wav = write_microphone(self.folder / "microphone.wav", self.sentence.without_pauses, MODEL_RATE)
        return self._closing.enter_context(chromium(wav))

    def tab(self, finish: Finish = "full") -> PoseTab:
        """A tab for posed faces."""
        if finish not in self._tabs:
            self._tabs[finish] = self._closing.enter_context(pose_tab(self.browser, self.url, finish=finish))
        return self._tabs[finish]


def hero(stage: Set) -> Image.Image:
    """The face in mid-word."""
    sentence = stage.sentence
    return stage.tab().take(Shot(sentence.pose(sentence.mid_word), "head", yaw=8, pitch=2, size=(1200, 630)))


def _studio(screen: live.Screen, scheme: live.Scheme) -> Callable[[Set], Image.Image]:
    return lambda stage: live.studio(stage.browser, stage.url, screen, scheme)


PICTURES: Mapping[str, Callable[[Set], Image.Image]] = {
    "speaking": hero,
    "head": lambda stage: portraits.views(stage.tab()),
    "looks": lambda stage: portraits.looks(stage.tab()),
    "visemes": lambda stage: portraits.visemes(stage.tab()),
    "emotions": lambda stage: portraits.emotions(stage.tab()),
    "feelings": lambda stage: portraits.feelings(stage.tab()),
    "morphs": lambda stage: portraits.morphs(stage.tab()),
    "finish": lambda stage: portraits.finishes(stage.tab("full"), stage.tab("plain")),
    "sentence": lambda stage: strip(stage.tab(), stage.sentence),
    "studio-light": _studio(live.DESKTOP, "light"),
    "studio-dark": _studio(live.DESKTOP, "dark"),
    "phone-light": _studio(live.PHONE, "light"),
    "phone-dark": _studio(live.PHONE, "dark"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Takes pictures; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only", action="append", choices=[*PICTURES, POSTERS], help="take this one; may be given again"
    )
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder to write to (default: docs/media)")
    options = parser.parse_args(arguments)
    console = Console(highlight=False)
    options.out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as closing:
        stage = Set(closing)
        for name in options.only or [POSTERS, *PICTURES]:
            if name == POSTERS:
                for look, _ in stage.tab().looks:
                    _save(portraits.poster(stage.tab(), look), POSTER_FOLDER / f"{look}.webp", console)
            else:
                _save(PICTURES[name](stage), options.out / f"{name}.webp", console)
    whole = sum(file.stat().st_size for file in options.out.iterdir() if file.is_file())
    if whole > BUDGET_BYTES:
        console.print(f"{options.out} holds {whole / 1e6:.1f} MB; {BUDGET_BYTES / 1e6:.0f} are the limit", style="red")
        return 1
    return 0


def _save(picture: Image.Image, file: Path, console: Console) -> None:
    picture.save(file, quality=QUALITY, method=6)
    console.print(f"{file}  {picture.width} × {picture.height}, {file.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
