#!/usr/bin/env bash
# Many mixed requests (default 10,000) to a server over the demonstration's models, adapters coming and going meanwhile: every answer must be
# the one that is expected. Prints what the server costs beside its engine, p50 and p99, and memory by tenths.
#   tools/reliability/serve-soak.sh [REQUESTS]
# Built first: dotnet build -c Release src/Cli, dotnet build -c Release tools/reliability/ServeSoak.
set -euo pipefail
requests=${1:-10000}
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/serve-soak.XXXXXX")
trap 'rm -rf "$work"' EXIT
export_demo() { dotnet "$root/src/Cli/bin/Release/net10.0/xllora-onnx.dll" export "$@" > "$work/said" || { cat "$work/said"; exit 1; }; }
export_demo "$root/onnx-models/demo-gemma3/base" --output "$work/model" \
    --adapter "pos=$root/onnx-models/demo-gemma3/pos" --adapter "neg=$root/onnx-models/demo-gemma3/neg"
export_demo "$root/onnx-models/demo-encoder" --output "$work/encoder" --pooling avg_first_last
dotnet "$root/tools/reliability/ServeSoak/bin/Release/net10.0/serve-soak.dll" "$work/model" "$work/encoder" "$requests"
