#!/bin/sh
# Runs Ferry's tests and benchmarks on this machine's GPU, from the archive beside it, which bench/gpu/pack.mjs
# made: `sh run.sh [--native software] [flags of npm run bench]`. Needs nothing but the NVIDIA driver and xz or
# python3; installs nothing. Without a GPU it says SKIPPED and ends with 0.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
case " $* " in
    *" --native software "*) ;;
    *)
        if ! ls /dev/nvidia[0-9]* >/dev/null 2>&1 && ! ls /dev/nvidiactl /dev/dxg >/dev/null 2>&1; then
            echo "SKIPPED: no NVIDIA GPU here (no /dev/nvidia*); --native software tries it without one"
            exit 0
        fi
        ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if command -v xz >/dev/null 2>&1; then
    tar -C "$work" -xJf "$here/ferry-gpu.tar.xz"
else
    python3 -c 'import sys, tarfile; tarfile.open(sys.argv[1]).extractall(sys.argv[2])' \
        "$here/ferry-gpu.tar.xz" "$work"
fi
"$work/node" "$work/ferry/build/js/bench/gpu/main.js" "$@"
