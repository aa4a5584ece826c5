#!/usr/bin/env bash
# Exports a checkpoint with the shape of a real model and says what it took; both are deleted afterwards.
#   tools/reliability/export-memory.sh 4b [export options, e.g. --max-ram 1GiB --precision int4]
#   tools/reliability/export-memory.sh flare-42 [options]    a run of FLARE with the shape of Gemma 2 9B, of 42 layers
# Built first: dotnet build -c Release tools/Benchmarks; dotnet build -c Release src/Cli (CONFIGURATION for another). WORK (default: a temporary folder) is where the model is written.
set -euo pipefail
shape=$1; shift
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/export-memory.XXXXXX")
trap 'rm -rf "$work"' EXIT
benchmarks="$root/tools/Benchmarks/bin/${CONFIGURATION:-Release}/net10.0/Benchmarks.dll"
case $shape in
    flare-*)
        dotnet "$benchmarks" shaped-run "${shape#flare-}" "$work"
        set -- --base "$work/base" "$@"
        mv "$work/run" "$work/checkpoint" ;;
    *) dotnet "$benchmarks" shaped-checkpoint "$shape" "$work/checkpoint" ;;
esac
dotnet "$root/src/Cli/bin/${CONFIGURATION:-Release}/net10.0/xllora-onnx.dll" export "$work/checkpoint" -o "$work/out" "$@" 2>/dev/null \
    | grep -E '^(model|reads|writes|memory|disk|time|read|wrote) ' | sed "s|$work/||"
