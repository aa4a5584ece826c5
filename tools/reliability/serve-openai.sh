#!/usr/bin/env bash
# OpenAI's own JavaScript client (npm openai, Node 20 or later) against xllora-onnx serve over the demonstration's models.
#   tools/reliability/serve-openai.sh [CHATS]
# Built first: dotnet build -c Release src/Cli (CONFIGURATION for another).
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/serve-openai.XXXXXX")
program="$root/src/Cli/bin/${CONFIGURATION:-Release}/net10.0/xllora-onnx.dll"
server=
trap '[[ -z $server ]] || kill "$server" 2> /dev/null || true; rm -rf "$work"' EXIT
export_demo() { dotnet "$program" export "$@" > "$work/said" || { cat "$work/said"; exit 1; }; }
export_demo "$root/onnx-models/demo-gemma3/base" --output "$work/demo" \
    --adapter "pos=$root/onnx-models/demo-gemma3/pos" --adapter "neg=$root/onnx-models/demo-gemma3/neg"
export_demo "$root/onnx-models/demo-encoder" --output "$work/encoder" --pooling avg_first_last
cp "$root"/tools/reliability/openai-client/* "$work"
(cd "$work" && npm ci --no-audit --no-fund > said) || { cat "$work/said"; exit 1; }
key=$(head -c 24 /dev/urandom | od -An -tx1 | tr -d ' \n')
echo "$key" > "$work/keys"
dotnet "$program" serve --model "$work/demo" --model "$work/encoder" --port 0 --api-keys "$work/keys" > "$work/out" 2> "$work/err" &
server=$!
for ((i = 0; i < 600; i++)); do
    grep -q '^listening on ' "$work/out" && break
    kill -0 "$server" 2> /dev/null || { cat "$work/err"; exit 1; }
    sleep 0.1
done
node "$work/client.mjs" "$(sed -n 's/^listening on //p' "$work/out")" "$key" "${1:-640}"
kill -TERM "$server"
wait "$server" || { echo "FAILED: the server ended with $?"; cat "$work/err"; exit 1; }
server=
echo "stopped by SIGTERM with exit code 0"
