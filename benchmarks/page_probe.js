// Runs before the page: how long its frames take, and when it showed what. Reads `window.streamEngine`, changes nothing.
(() => {
  const request = window.requestAnimationFrame.bind(window);
  const probe = {
    recording: false,
    /** Callbacks of animation frames: [the frame's time, ms spent]. */
    callbacks: [],
    /** When a picture was drawn, performance.now(). */
    drawn: [],
    largestPaintMs: null,
    faceReadyMs: null,
    faceDrawnMs: null,
    start() {
      this.callbacks.length = 0;
      this.drawn.length = 0;
      this.recording = true;
    },
  };
  let pictures = 0;
  window.requestAnimationFrame = (callback) =>
    request((now) => {
      const began = performance.now();
      callback(now);
      const ended = performance.now();
      if (!probe.recording) return;
      probe.callbacks.push([now, ended - began]);
      const drawn = window.streamEngine?.drawing?.pictures ?? 0;
      if (drawn !== pictures) probe.drawn.push(ended);
      pictures = drawn;
    });
  const look = () => {
    const engine = window.streamEngine;
    if (engine?.faceReady) probe.faceReadyMs ??= performance.now();
    if (engine?.drawing?.pictures > 0) probe.faceDrawnMs = performance.now();
    else request(look);
  };
  request(look);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) probe.largestPaintMs = entry.startTime;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  Object.defineProperty(window, 'pageProbe', { value: probe });
})();
