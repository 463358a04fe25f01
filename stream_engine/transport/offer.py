"""SDP offers and answers, as WHIP and WHEP clients send and need them (RFC 8866, RFC 9429, RFC 9143).

An offer may hold more than we serve: video, codecs we do not speak, candidates no server can use. aiortc answers every
section it is shown, so it is shown one Opus audio section and one data section, and the sections it has not seen are
put back into the answer as rejected ones (port 0, RFC 3264 §6).
"""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final, Literal

from aiortc import RTCIceCandidate
from aiortc.sdp import SessionDescription, candidate_from_sdp

from stream_engine.security import Refusal

PACKET_MS: Final = 10
"""Length of an Opus packet we ask for: the browser's default of 20 ms costs 10 ms of latency."""
MAX_SECTIONS: Final = 32
MAX_CANDIDATES: Final = 32
"""Remote candidates used per connection; further ones are ignored (each costs connectivity checks)."""
MIN_MESSAGE_BYTES: Final = 4096
"""Data-channel messages a client must be able to take; `hello` is the longest we send."""

_MEDIA = re.compile(r"m=([a-z]+) (\d{1,5}) ([A-Z/]+) ([!-~ ]+)")
_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PASSWORD = re.compile(r"[A-Za-z0-9+/]{22,256}")
_FINGERPRINTS = frozenset({"sha-256", "sha-384", "sha-512"})
_CODEC_ATTRIBUTES = ("rtpmap", "fmtp", "rtcp-fb")


@dataclass
class _Section:
    kind: str
    port: int
    protocol: str
    formats: list[str]
    lines: list[str] = field(default_factory=list)

    def attribute(self, name: str) -> str | None:
        prefix = f"a={name}:"
        return next((line[len(prefix) :] for line in self.lines if line.startswith(prefix)), None)

    @property
    def mid(self) -> str:
        return self.attribute("mid") or ""

    @property
    def direction(self) -> str:
        found = {line[2:] for line in self.lines} & {"sendrecv", "sendonly", "recvonly", "inactive"}
        return found.pop() if found else "sendrecv"

    def opus(self) -> list[str]:
        """Payload types that are Opus."""
        return [
            line[len("a=rtpmap:") :].split(" ", 1)[0]
            for line in self.lines
            if line.startswith("a=rtpmap:") and line.lower().endswith(" opus/48000/2")
        ]


@dataclass(frozen=True)
class Offer:
    """An offer we can answer.

    Attributes:
        sdp: what aiortc is shown.
        has_data: it has a data section, so motion and events can be sent.
        ufrag: the client's ICE user fragment; a different one in a PATCH would be an ICE restart.
        primary_mid: section that carries the bundle's transport; trickled candidates belong to it.
        rejected: sections not shown to aiortc, by their index in the offer.
    """

    sdp: str
    has_data: bool
    ufrag: str
    primary_mid: str
    rejected: dict[int, _Section]


@dataclass(frozen=True)
class Fragment:
    """A trickle ICE fragment (RFC 8840).

    Attributes:
        ufrag: ICE user fragment, if told.
        candidates: usable candidates, in order.
    """

    ufrag: str | None
    candidates: tuple[RTCIceCandidate, ...]


def read_offer(body: bytes, role: Literal["speaker", "viewer"]) -> Offer:
    """Checks an offer and makes it fit for aiortc.

    Args:
        body: the request's body.
        role: a speaker must send sound, a viewer must want it.

    Raises:
        Refusal: 400, not SDP; 422, SDP we cannot answer.
    """
    session, sections = _split(_text(body))
    audio = _choose_audio(sections, role)
    data = next((s for s in sections if s.kind == "application" and "webrtc-datachannel" in s.formats), None)
    shown = [section for section in sections if section is audio or section is data]
    mids = [section.mid for section in shown]
    if not all(mids) or len(set(mids)) != len(mids):
        raise _malformed("every section needs an a=mid of its own")
    opus = set(audio.opus())
    lines = [_bundle(line, mids) if line.startswith("a=group:BUNDLE") else line for line in session]
    for section in shown:
        formats = [f for f in section.formats if f in opus] if section is audio else section.formats
        if not formats:
            raise _malformed("the audio section's formats do not include its Opus payload type")
        lines.append(f"m={section.kind} {section.port} {section.protocol} {' '.join(formats)}")
        lines += _kept_lines(section, opus if section is audio else None)
    sdp = "\r\n".join(lines) + "\r\n"
    _check(sdp)
    bundle = next((line.split()[1:] for line in lines if line.startswith("a=group:BUNDLE ")), mids)
    return Offer(
        sdp=sdp,
        has_data=data is not None,
        ufrag=audio.attribute("ice-ufrag") or _session_attribute(session, "ice-ufrag") or "",
        primary_mid=bundle[0],
        rejected={i: section for i, section in enumerate(sections) if section not in shown},
    )


def write_answer(sdp: str, offer: Offer) -> str:
    """The answer as the client gets it: rejected sections put back, 10 ms packets asked for.

    Args:
        sdp: what aiortc answers to `offer.sdp`.
        offer: the offer.
    """
    session, sections = _split(sdp)
    answers = iter(sections)
    lines = [*session, "a=ice-options:trickle"]
    for index in range(len(sections) + len(offer.rejected)):
        refused = offer.rejected.get(index)
        if refused is not None:
            lines += [f"m={refused.kind} 0 {refused.protocol} {' '.join(refused.formats)}", "c=IN IP4 0.0.0.0"]
            lines += [f"a=mid:{refused.mid}"] if refused.mid else []
            lines.append("a=inactive")
            continue
        section = next(answers)
        lines.append(f"m={section.kind} {section.port} {section.protocol} {' '.join(section.formats)}")
        lines += section.lines
        if section.kind == "audio":
            lines.append(f"a=ptime:{PACKET_MS}")
    return "\r\n".join(lines) + "\r\n"


def read_fragment(body: bytes, offer: Offer) -> Fragment:
    """Checks a trickle ICE fragment.

    Args:
        body: the request's body.
        offer: the offer it belongs to.

    Raises:
        Refusal: 400, not a fragment; 422, an ICE restart, which we do not do: connect anew.
    """
    text = _text(body)
    ufrag: str | None = None
    candidates: list[RTCIceCandidate] = []
    for line in text.splitlines():
        if line.startswith("a=ice-ufrag:"):
            ufrag = line[len("a=ice-ufrag:") :]
        elif line.startswith("a=candidate:"):
            candidate = _candidate(line[len("a=candidate:") :])
            if candidate is not None and len(candidates) < MAX_CANDIDATES:
                candidate.sdpMid = offer.primary_mid
                candidates.append(candidate)
        elif not re.match(r"[a-z]=", line):
            raise _malformed(f"{line[:60]!r} is no line of an SDP fragment")
    if ufrag is None and not candidates and "a=end-of-candidates" not in text and "a=candidate:" not in text:
        raise _malformed("the fragment holds no candidate")
    if ufrag is not None and ufrag != offer.ufrag:
        raise Refusal(422, "ice_restart", "ICE restart is not supported; DELETE this session and POST a new offer.")
    return Fragment(ufrag, tuple(candidates))


def _text(body: bytes) -> str:
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("it is not UTF-8 text") from None
    if "\x00" in text:
        raise _malformed("it holds a NUL")
    return text


def _split(text: str) -> tuple[list[str], list[_Section]]:
    lines = [line for line in re.split(r"\r\n|\n|\r", text) if line]
    if not lines or lines[0] != "v=0":
        raise _malformed("it does not begin with v=0")
    session: list[str] = []
    sections: list[_Section] = []
    for line in lines:
        if not re.match(r"[a-z]=", line):
            raise _malformed(f"{line[:60]!r} is no line of SDP")
        if line.startswith("m="):
            match = _MEDIA.fullmatch(line)
            if match is None or int(match[2]) > 65535:
                raise _malformed(f"{line[:60]!r} is no media line")
            sections.append(_Section(match[1], int(match[2]), match[3], match[4].split()))
        elif sections:
            sections[-1].lines.append(line)
        else:
            session.append(line)
    if len(sections) > MAX_SECTIONS:
        raise _malformed(f"it has more than {MAX_SECTIONS} media sections")
    return session, sections


def _choose_audio(sections: list[_Section], role: Literal["speaker", "viewer"]) -> _Section:
    audio = [section for section in sections if section.kind == "audio"]
    if not audio:
        raise Refusal(422, "no_audio", "The offer has no audio section; add a microphone (WHIP) or ask for sound.")
    directions = ("sendrecv", "sendonly") if role == "speaker" else ("sendrecv", "recvonly")
    fitting = [section for section in audio if section.direction in directions]
    if not fitting:
        wanted = "send sound (sendonly)" if role == "speaker" else "receive sound (recvonly)"
        raise Refusal(422, "wrong_direction", f"The offer's audio section must {wanted}.")
    chosen = next((section for section in fitting if section.opus()), None)
    if chosen is None:
        raise Refusal(422, "no_opus", "The offer's audio section has no opus/48000/2; only Opus is understood.")
    return chosen


def _bundle(line: str, mids: list[str]) -> str:
    return " ".join(["a=group:BUNDLE", *(mid for mid in line.split()[1:] if mid in mids)])


def _kept_lines(section: _Section, payload_types: set[str] | None) -> list[str]:
    """A section's lines without other codecs, unusable candidates and the end of candidates.

    The end is kept from aioice because it would give up before a browser, whose address we learn from its own checks
    (RFC 8445 §7.3.1.3), had made the first one.
    """
    kept: list[str] = []
    candidates = 0
    for line in section.lines:
        name, _, value = line[2:].partition(":") if line.startswith("a=") else ("", "", "")
        if name == "end-of-candidates":
            continue
        if name == "candidate":
            if candidates == MAX_CANDIDATES or _candidate(value) is None:
                continue
            candidates += 1
        if payload_types is not None and name in _CODEC_ATTRIBUTES and value.split(" ", 1)[0] not in payload_types:
            continue
        kept.append(line)
    return kept


def _candidate(value: str) -> RTCIceCandidate | None:
    """A candidate aioice can use; None for TCP, for mDNS names and for other hosts we would have to look up.

    A browser's mDNS name (`….local`) need not be resolved: its checks reach us first and tell its address.

    Raises:
        Refusal: 400, not a candidate.
    """
    try:
        candidate = candidate_from_sdp(value)
    except (AssertionError, ValueError, IndexError):
        raise _malformed(f"{value[:60]!r} is no ICE candidate") from None
    try:
        ipaddress.ip_address(candidate.ip)
    except ValueError:
        return None
    usable = candidate.protocol.lower() == "udp" and candidate.component == 1 and 0 < candidate.port < 65536
    return candidate if usable and candidate.type in ("host", "srflx", "relay") else None


def _check(sdp: str) -> None:
    """Checks what aiortc's own parser leaves to chance.

    Raises:
        Refusal: 400, the first fault found.
    """
    try:
        description = SessionDescription.parse(sdp)
    except Exception as error:  # it raises whatever comes first: AssertionError, KeyError, StopIteration …
        raise _malformed(f"it cannot be parsed ({type(error).__name__})") from None
    for media in description.media:
        ufrag, password = (media.ice.usernameFragment, media.ice.password) if media.ice else (None, None)
        if not _UFRAG.fullmatch(ufrag or "") or not _PASSWORD.fullmatch(password or ""):
            raise _malformed("a=ice-ufrag or a=ice-pwd is missing or malformed")
        if media.dtls is None or not any(f.algorithm.lower() in _FINGERPRINTS for f in media.dtls.fingerprints):
            raise _malformed("a=setup or a=fingerprint (sha-256) is missing")
        if media.kind == "audio" and not media.rtcp_mux:
            raise _malformed("a=rtcp-mux is missing")
        if media.kind == "application":
            if media.sctp_port is None or not 0 < media.sctp_port < 65536:
                raise _malformed("a=sctp-port is missing or out of range")
            size = media.sctpCapabilities.maxMessageSize if media.sctpCapabilities else 65536
            if 0 < size < MIN_MESSAGE_BYTES:
                raise _malformed(f"a=max-message-size must be at least {MIN_MESSAGE_BYTES}")


def _session_attribute(session: list[str], name: str) -> str | None:
    prefix = f"a={name}:"
    return next((line[len(prefix) :] for line in session if line.startswith(prefix)), None)


def _malformed(what: str) -> Refusal:
    return Refusal(400, "malformed_sdp", f"The body is no SDP we can read: {what}.")
