"""The doors: WebRTC in and out, and the messages on the wire."""
