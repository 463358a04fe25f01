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
  // lags it by 4 to 31 ms, and would make latencies look too small. It is read in a worker, because a page that draws in
  // software comes late to its own tasks. Reports blocks as [arrival, samples, onset of a burst or -1].
  const READER = `
    onmessage = async ({ data: { readable, origin, level, holdMs } }) => {
      const reader = readable.getReader();
      const now = () => performance.timeOrigin - origin + performance.now();
      let holdUntil = 0, rows = [], posted = now();
      for (;;) {
        const { value: data, done } = await reader.read();
        if (done) return;
        const at = now(), samples = new Float32Array(data.numberOfFrames), rate = data.sampleRate;
        data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
        data.close();
        const onset = at >= holdUntil ? samples.findIndex((x) => Math.abs(x) > level) : -1;
        if (onset >= 0) holdUntil = at + holdMs;
        rows.push([at, samples.length, onset]);
        if (onset >= 0 || at - posted > 100) { postMessage({ rate, rows }); rows = []; posted = at; }
      }
    };`;

  function read(track, take) {
    // Ten seconds of blocks may wait: where the processor drops one, positions are counted wrong from there on.
    const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: 1000 });
    const worker = new Worker(URL.createObjectURL(new Blob([READER], { type: 'text/javascript' })));
    worker.onmessage = ({ data: { rate, rows } }) => rows.forEach((row) => take(rate, ...row));
    worker.onerror = (event) => (probe.error = event.message);
    const start = { readable, origin: performance.timeOrigin, level: CLICK_LEVEL, holdMs: CLICK_HOLD_MS };
    worker.postMessage(start, [readable]);
  }

  function watch(track) {
    let position = 0;
    read(track, (rate, at, count, onset) => {
      probe.rate = rate;
      probe.blocks.push([at, position, count]);
      if (onset >= 0) probe.clicks.push(position + onset);
      position += count;
    });
  }

  function listen(track) {
    // A block begins to play when it is fetched.
    read(track, (rate, at, count, onset) => onset >= 0 && probe.heard.push(at + (onset * 1000) / rate));
  }

  const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await getUserMedia(constraints);
    for (const track of stream.getAudioTracks()) watch(track.clone());
    return stream;
  };

  const setRemoteDescription = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (...description) {
    this.addEventListener('track', ({ track }) => {
      if (track.kind === 'audio') listen(track.clone());
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
    probe.speaker = await negotiate(peer, `/whip?look_ahead_ms=${lookAheadMs}&seed=0`);
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
