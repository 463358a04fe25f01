#!/bin/sh
# Makes the sample voices of public/voices with flite and ffmpeg (libmp3lame). Run from anywhere; see public/voices/README.md.
set -eu
out="$(cd "$(dirname "$0")/../public/voices" && pwd)"
tmp="$(mktemp -d)"
trap 'rm -rf "$tmp"' EXIT

say() { # voice, text
  flite -voice "$1" -t "$2" -o "$tmp/$1.wav"
  ffmpeg -hide_banner -loglevel error -y -i "$tmp/$1.wav" \
    -af 'loudnorm=I=-18:TP=-2:LRA=9,afade=t=in:d=0.02,apad=pad_dur=0.4' \
    -ar 24000 -ac 1 -c:a libmp3lame -b:a 24k -map_metadata -1 -id3v2_version 0 -bitexact "$out/$1.mp3"
}

say slt "Hello, and welcome. My voice moves this face, and nobody has to draw a thing. \
Mild waves of warm blue water bump against the boat, far above a forest of palms. Ah, what a view!"
say rms "Good evening. Maybe you have five minutes for a small beautiful moment. \
Bob and my mother bought a purple van, packed bread, plums and olives, and off they drove. Oh, how brave!"
say awb "Right then, shall we begin? Every vowel opens the mouth, and every pebble, puddle and bubble shuts it. \
Have a wee look at my lips while I hum: mm, hmm. Now then, who would like to hear about my favourite old film?"
