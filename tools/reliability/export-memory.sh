#!/usr/bin/env bash
# Exports a checkpoint with the shape of a real model and says what it took; both are deleted afterwards.
#   tools/reliability/export-memory.sh 4b [export options, e.g. --max-ram 1GiB --precision int4]
# Built first: dotnet build -c Release tools/Benchmarks; dotnet build -c Release src/Cli. WORK (default: a temporary folder) is where the model is written.
set -euo pipefail
shape=$1; shift
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/export-memory.XXXXXX")
trap 'rm -rf "$work"' EXIT
dotnet "$root/tools/Benchmarks/bin/Release/net10.0/Benchmarks.dll" shaped-checkpoint "$shape" "$work/checkpoint"
dotnet "$root/src/Cli/bin/Release/net10.0/xllora-onnx.dll" export "$work/checkpoint" -o "$work/out" "$@" 2>/dev/null \
    | grep -E '^(model|reads|writes|memory|disk|time|read|wrote) ' | sed "s|$work/||"
