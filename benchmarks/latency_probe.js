// Watches the microphone, the motion channel and the drawn frames of whatever page it is put into (before the page's own
// scripts), without touching what they do. All times are performance.now() in ms; positions count microphone samples.
(() => {
  const CLICK_LEVEL = 0.45; // speech in the microphone file stays below it
  const CLICK_HOLD_MS = 200;
  const probe = {
    rate: 0,
    blocks: [], // [arrival, position of the first sample, samples]
    clicks: [], // position of each burst's onset
    motion: [], // [arrival, media time, sequence, ear + queue, model, return], the last three in ms
    drawn: [], // [after the paint, media time]
    control: [], // messages of the control channels, parsed
    packets: [], // returned sound as a viewer gets it: [RTP timestamp, Opus packet in base64]
    heard: [], // when each burst in sound the page receives was handed to the loudspeaker
    error: null,
  };
  window.latencyProbe = probe;

  // The arrival of a block in a MediaStreamTrackProcessor is the trustworthy clock: an AudioWorklet on the same track
  // lags it by 4 to 31 ms, and would make latencies look too small.
  async function watch(track) {
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    let position = 0;
    let holdUntil = 0;
    for (;;) {
      const { value: data, done } = await reader.read();
      if (done) return;
      const now = performance.now();
      const count = data.numberOfFrames;
      const samples = new Float32Array(count);
      data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      probe.rate = data.sampleRate;
      data.close();
      probe.blocks.push([now, position, count]);
      if (now >= holdUntil) {
        const onset = samples.findIndex((x) => Math.abs(x) > CLICK_LEVEL);
        if (onset >= 0) {
          probe.clicks.push(position + onset);
          holdUntil = now + CLICK_HOLD_MS;
        }
      }
      position += count;
    }
  }

  const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await getUserMedia(constraints);
    for (const track of stream.getAudioTracks()) watch(track.clone()).catch((error) => (probe.error = String(error)));
    return stream;
  };

  async function listen(track) {
    const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
    let holdUntil = 0;
    for (;;) {
      const { value: data, done } = await reader.read();
      if (done) return;
      const now = performance.now();
      const samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      const rate = data.sampleRate;
      data.close();
      const onset = now >= holdUntil ? samples.findIndex((x) => Math.abs(x) > CLICK_LEVEL) : -1;
      if (onset < 0) continue;
      probe.heard.push(now + (onset * 1000) / rate); // a block begins to play when it is fetched
      holdUntil = now + CLICK_HOLD_MS;
    }
  }

  const setRemoteDescription = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (...description) {
    this.addEventListener('track', ({ track }) => {
      if (track.kind === 'audio') listen(track.clone()).catch((error) => (probe.error = String(error)));
    });
    return setRemoteDescription.apply(this, description);
  };

  function arrived(event) {
    const now = performance.now();
    if (!(event.data instanceof ArrayBuffer) || event.data.byteLength !== 140) return;
    const view = new DataView(event.data);
    if (view.getUint8(0) !== 0x11) return;
    const stages = [12, 14, 16].map((at) => view.getUint16(at, true) / 100);
    probe.motion.push([now, Number(view.getBigUint64(4, true)), view.getUint16(2, true), ...stages]);
  }

  const createDataChannel = RTCPeerConnection.prototype.createDataChannel;
  RTCPeerConnection.prototype.createDataChannel = function (label, ...rest) {
    const channel = createDataChannel.call(this, label, ...rest);
    if (label === 'motion') {
      channel.binaryType = 'arraybuffer';
      channel.addEventListener('message', arrived);
    } else if (label === 'control') {
      channel.addEventListener('message', (event) => probe.control.push(JSON.parse(event.data)));
    }
    return channel;
  };

  async function negotiate(peer, path) {
    peer.createDataChannel('motion', { ordered: false, maxRetransmits: 0 });
    peer.createDataChannel('control');
    await peer.setLocalDescription();
    if (peer.iceGatheringState !== 'complete') {
      await new Promise((resolve) => {
        peer.addEventListener('icegatheringstatechange', () => peer.iceGatheringState === 'complete' && resolve());
      });
    }
    const headers = { 'Content-Type': 'application/sdp' };
    const answer = await fetch(path, { method: 'POST', headers, body: peer.localDescription.sdp });
    if (answer.status !== 201) throw new Error(`the server answered ${answer.status}: ${await answer.text()}`);
    await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
    return { peer, location: answer.headers.get('Location'), session: answer.headers.get('X-Session-Id') };
  }

  // The least a speaker needs: microphone out, motion in, nothing drawn.
  probe.speak = async (constraints, lookAheadMs) => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: constraints });
    const peer = new RTCPeerConnection({ iceServers: [] });
    peer.addTransceiver(stream.getAudioTracks()[0], { direction: 'sendonly' });
    probe.speaker = await negotiate(peer, `/whip?look_ahead_ms=${lookAheadMs}`);
    return probe.speaker.session;
  };

  // A viewer of that session who keeps the packets of its sound: their RTP timestamps are media time (audio_clock), so
  // a burst in them tells the media time at which the server heard it.
  probe.view = async (session) => {
    const peer = new RTCPeerConnection({ iceServers: [], encodedInsertableStreams: true });
    peer.addTransceiver('audio', { direction: 'recvonly' });
    peer.addEventListener('track', (event) => {
      const { readable, writable } = event.receiver.createEncodedStreams();
      const keep = new TransformStream({
        transform(frame, controller) {
          const bytes = String.fromCharCode(...new Uint8Array(frame.data));
          probe.packets.push([frame.getMetadata().rtpTimestamp, btoa(bytes)]);
          controller.enqueue(frame);
        },
      });
      readable.pipeThrough(keep).pipeTo(writable).catch(() => undefined); // ends with the connection
    });
    probe.viewer = await negotiate(peer, `/whep/${session}`);
  };

  probe.leave = async (connection) => {
    await fetch(connection.location, { method: 'DELETE' });
    connection.peer.close();
  };
  // Once a frame: what media time the page has just drawn. The task after the callback runs when the frame is committed.
  probe.watchDrawing = (mediaTime) => {
    const painted = new MessageChannel();
    let shown = null;
    painted.port1.onmessage = () => {
      if (shown !== null) probe.drawn.push([performance.now(), shown]);
    };
    const tick = () => {
      requestAnimationFrame(tick);
      shown = mediaTime();
      painted.port2.postMessage(0);
    };
    requestAnimationFrame(tick);
  };
})();
