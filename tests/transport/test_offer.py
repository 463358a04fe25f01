"""Offers and answers: what a browser sends is answered, what nobody should send is refused by name."""

import re

import pytest
from aiortc.sdp import SessionDescription
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stream_engine.security import Refusal
from stream_engine.transport.offer import MAX_CANDIDATES, read_fragment, read_offer, write_answer
from tests.transport.sdp_samples import AUDIO_AND_DATA, CHROME, VIDEO_ONLY, VIEWER, without


def read(text: str, role: str = "speaker") -> str:
    return read_offer(text.encode(), "viewer" if role == "viewer" else "speaker").sdp


def refusal(text: str | bytes, role: str = "speaker") -> tuple[int, str]:
    body = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(Refusal) as caught:
        read_offer(body, "viewer" if role == "viewer" else "speaker")
    assert caught.value.detail
    return caught.value.status, caught.value.code


def test_a_browsers_offer_is_trimmed_to_what_we_serve() -> None:
    offer = read_offer(CHROME.encode(), "speaker")
    assert (offer.has_data, offer.ufrag, offer.primary_mid, list(offer.rejected)) == (True, "F7gI", "0", [1])
    shown = SessionDescription.parse(offer.sdp)
    assert [media.kind for media in shown.media] == ["audio", "application"]
    assert [(codec.name, codec.payloadType) for codec in shown.media[0].rtp.codecs] == [("opus", 111)]
    assert shown.media[0].fmt == [111]
    assert [candidate.ip for candidate in shown.media[0].ice_candidates] == ["192.168.0.196"]
    assert not shown.media[0].ice_candidates_complete
    assert "a=group:BUNDLE 0 2\r\n" in offer.sdp


def test_rejected_sections_return_in_their_place() -> None:
    offer = read_offer(CHROME.encode(), "speaker")
    answer = write_answer(offer.sdp.replace("a=sendonly", "a=recvonly"), offer)
    media = re.findall(r"^m=(\w+) (\d+)", answer, re.MULTILINE)
    assert media == [("audio", "9"), ("video", "0"), ("application", "9")]
    video = answer.split("m=video")[1].split("m=application")[0]
    assert "a=mid:1\r\n" in video
    assert "a=inactive\r\n" in video
    audio = answer.split("m=audio")[1].split("m=video")[0]
    assert "a=ptime:10\r\n" in audio
    assert answer.count("a=ptime") == 1


def test_bare_newlines_and_sound_alone_will_do() -> None:
    offer = read_offer(without("video", without("application")).replace("\r\n", "\n").encode(), "speaker")
    assert not offer.has_data


def test_a_second_audio_section_is_rejected() -> None:
    second = "m=audio" + CHROME.split("m=audio")[1].split("m=video")[0].replace("a=mid:0", "a=mid:3")
    offer = read_offer((AUDIO_AND_DATA + second).encode(), "speaker")
    assert list(offer.rejected) == [2]


@pytest.mark.parametrize(
    ("offer", "role", "status", "code"),
    [
        (VIDEO_ONLY, "speaker", 422, "no_audio"),
        (VIDEO_ONLY, "viewer", 422, "no_audio"),
        (CHROME.replace("opus/48000/2", "ISAC/32000"), "speaker", 422, "no_opus"),
        (AUDIO_AND_DATA, "viewer", 422, "wrong_direction"),
        (VIEWER, "speaker", 422, "wrong_direction"),
        (AUDIO_AND_DATA.replace("a=sendonly", "a=inactive"), "speaker", 422, "wrong_direction"),
        ("", "speaker", 400, "malformed_sdp"),
        ("hello", "speaker", 400, "malformed_sdp"),
        ("v=0\r\nhello", "speaker", 400, "malformed_sdp"),
        ("v=0\r\nm=audio", "speaker", 400, "malformed_sdp"),
        ("v=0\r\nm=audio 99999 RTP/AVP 0", "speaker", 400, "malformed_sdp"),
        (CHROME.replace("UDP/TLS/RTP/SAVPF 111", "UDP/TLS/RTP/SAVPF x"), "speaker", 400, "malformed_sdp"),
        (CHROME.replace("a=mid:2", "a=mid:0"), "speaker", 400, "malformed_sdp"),
        (CHROME.replace("a=ice-ufrag:F7gI", "a=ice-ufrag:x"), "speaker", 400, "malformed_sdp"),
        (CHROME.replace("a=ice-pwd:x9cml", "a=x:"), "speaker", 400, "malformed_sdp"),
        (CHROME.replace("a=setup:actpass", "a=setup:sometimes"), "speaker", 400, "malformed_sdp"),
        (CHROME.replace("a=setup:actpass\r\n", ""), "speaker", 400, "malformed_sdp"),
        (CHROME.replace("a=fingerprint:sha-256", "a=fingerprint:md5"), "speaker", 400, "malformed_sdp"),
        (CHROME.replace("a=rtcp-mux\r\n", ""), "speaker", 400, "malformed_sdp"),
        (CHROME.replace("a=sctp-port:5000", "a=sctp-port:70000"), "speaker", 400, "malformed_sdp"),
        (CHROME.replace("a=sctp-port:5000\r\n", ""), "speaker", 400, "malformed_sdp"),
        (CHROME.replace("size:262144", "size:100"), "speaker", 400, "malformed_sdp"),
        (CHROME.replace("a=candidate:1467250027 1 udp", "a=candidate:x y"), "speaker", 400, "malformed_sdp"),
        (CHROME + "m=video 9 RTP/AVP 96\r\n" * 40, "speaker", 400, "malformed_sdp"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(offer: str, role: str, status: int, code: str) -> None:
    assert refusal(offer, role) == (status, code)


def test_candidates_are_bounded() -> None:
    line = "a=candidate:1467250027 1 udp 2122260223 192.168.0.196 46243 typ host generation 0 network-id 1\r\n"
    many = "".join(line.replace("46243", str(1024 + i)) for i in range(200))
    shown = SessionDescription.parse(read(AUDIO_AND_DATA.replace(line, many)))
    assert len(shown.media[0].ice_candidates) == MAX_CANDIDATES


@given(st.binary(max_size=300))
@example(b"v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\na=mid:0")
@example(b"v=0\r\n\x00=")
def test_random_bytes_are_refused(body: bytes) -> None:
    status, _ = refusal(body)
    assert status in (400, 422)


@settings(max_examples=200)
@given(st.data())
def test_a_mangled_offer_is_answered_or_refused(data: st.DataObject) -> None:
    lines = CHROME.split("\r\n")
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        cut = data.draw(st.integers(0, len(line)))
        lines[at] = data.draw(st.sampled_from(["", line * 2, line[:cut], line[:cut] + "\udcff"[:0] + "é", line[cut:]]))
    try:
        offer = read_offer("\r\n".join(lines).encode(), "speaker")
    except Refusal as refused:
        assert refused.status in (400, 422)  # noqa: PT017 - either way is right
    else:
        SessionDescription.parse(offer.sdp)


FRAGMENT = """\
a=ice-ufrag:F7gI
a=ice-pwd:x9cml/YzichV2+XlhiMu8gQa
m=audio 9 UDP/TLS/RTP/SAVPF 0
a=mid:0
a=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host generation 0 ufrag F7gI network-id 1
a=candidate:3471623853 1 udp 2122194687 198.51.100.2 61765 typ srflx raddr 192.0.2.1 rport 61764
a=candidate:473322822 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active generation 0
a=candidate:473322822 1 udp 1518280447 5c4d1f0e.local 9000 typ host
a=end-of-candidates
""".replace("\n", "\r\n")


def test_trickled_candidates_belong_to_the_bundle() -> None:
    fragment = read_fragment(FRAGMENT.encode(), read_offer(CHROME.encode(), "speaker"))
    assert [(c.ip, c.port, c.sdpMid) for c in fragment.candidates] == [
        ("192.0.2.1", 61764, "0"),
        ("198.51.100.2", 61765, "0"),
    ]


@pytest.mark.parametrize(
    ("fragment", "status", "code"),
    [
        (FRAGMENT.replace("F7gI", "neww"), 422, "ice_restart"),
        ("", 400, "malformed_sdp"),
        ("a=mid:0\r\n", 400, "malformed_sdp"),
        ("a=candidate:1 1 udp", 400, "malformed_sdp"),
        ("a=candidate:1 1 udp x 192.0.2.1 y typ host", 400, "malformed_sdp"),
        ("{}", 400, "malformed_sdp"),
    ],
)
def test_bad_fragments(fragment: str, status: int, code: str) -> None:
    with pytest.raises(Refusal) as caught:
        read_fragment(fragment.encode(), read_offer(CHROME.encode(), "speaker"))
    assert (caught.value.status, caught.value.code) == (status, code)


def test_the_end_of_candidates_alone_is_fine() -> None:
    offer = read_offer(CHROME.encode(), "speaker")
    assert read_fragment(b"a=end-of-candidates\r\n", offer).candidates == ()


@given(st.binary(max_size=200))
def test_random_fragments_are_refused(body: bytes) -> None:
    offer = read_offer(CHROME.encode(), "speaker")
    with pytest.raises(Refusal):
        read_fragment(body, offer)
