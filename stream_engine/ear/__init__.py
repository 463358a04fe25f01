"""The ear: any sound in, 16 kHz ticks and speech turns out."""
