"""three.js, as our pages use it, plays a take: its mixer moves the morphs as they were recorded."""

import wave
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Route

from benchmarks.browser import chromium, find_chromium, wait_until
from models.face.channels import channel_index
from models.face.head_rig import HEAD_PATH
from stream_engine.frames import MotionFrame
from stream_engine.stage.gltf_recording import GltfRecording

THREE = Path(__file__).parents[2] / "clients" / "web" / "node_modules" / "three"
PAGE = """<!doctype html><meta charset="utf-8">
<script type="importmap">{"imports": {"three": "/three/build/three.module.js"}}</script>
<script type="module">
import { AnimationMixer, Quaternion } from 'three';
import { GLTFLoader } from '/three/examples/jsm/loaders/GLTFLoader.js';
const gltf = await new GLTFLoader().loadAsync('/take.glb');
const mixer = new AnimationMixer(gltf.scene);
const clip = gltf.animations[0];
mixer.clipAction(clip).play();
window.at = (seconds) => {
  mixer.setTime(seconds);
  const skin = gltf.scene.getObjectByName('skin');
  const turn = gltf.scene.getObjectByName('head').quaternion;
  return [skin.morphTargetInfluences[skin.morphTargetDictionary.jawOpen], ...turn.toArray()];
};
window.take = { name: clip.name, duration: clip.duration, sound: clip.userData.sound.name };
</script>"""


@pytest.mark.e2e
def test_three_plays_the_take(tmp_path: Path) -> None:
    if find_chromium() is None:
        pytest.skip("no Chromium to drive; install it (on Debian: apt install chromium)")
    if not THREE.is_dir():
        pytest.skip("three.js is not installed; npm ci in clients/web")
    jaw = 0.5 - 0.5 * np.cos(np.arange(101) * 0.2)
    yaw = 0.4 * np.sin(np.arange(101) * 0.1)
    take, silence = tmp_path / "take.glb", tmp_path / "silence.wav"
    with GltfRecording(take, HEAD_PATH, sound="speech.wav", sound_rate=16_000) as recording:
        for k in range(101):
            channels = np.zeros(61, np.float32)
            channels[channel_index("JawOpen")], channels[channel_index("HeadYaw")] = jaw[k], yaw[k]
            recording.write(MotionFrame(channels, k * 960, k))
    with wave.open(str(silence), "wb") as file:
        file.setparams((1, 2, 16_000, 1, "NONE", ""))
        file.writeframes(b"\0\0")

    def serve(route: Route) -> None:
        path = route.request.url.removeprefix("http://take.test/")
        if path == "":
            route.fulfill(body=PAGE, content_type="text/html")
        else:
            route.fulfill(path=take if path == "take.glb" else THREE / path.removeprefix("three/"))

    with chromium(silence) as browser:
        page = browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.route("http://take.test/**", serve)
        page.goto("http://take.test/")
        wait_until(page, "window.take !== undefined")
        assert page.evaluate("take") == {"name": "take", "duration": pytest.approx(2.0), "sound": "speech.wav"}
        for k in (0, 7, 33, 50, 99):
            found = page.evaluate(f"at({k / 50})")
            assert found[0] == pytest.approx(jaw[k], abs=2e-3)
            assert found[1:] == pytest.approx([0, np.sin(yaw[k] / 2), 0, np.cos(yaw[k] / 2)], abs=1e-3)
    assert complaints == []
