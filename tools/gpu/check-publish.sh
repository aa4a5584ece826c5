#!/usr/bin/env bash
# Publishes the command line with CUDA, as README.md beside this says, and checks that the program holds all of it and runs: on the CPU, and
# on a machine without a GPU as far as CUDA's own libraries. .ci/run calls it. It leaves nothing, needs 1 GB while it runs, and disturbs no
# other build: all that is made lies in a folder of its own. It publishes from what deploy/Dockerfile.cuda copies, and from nothing else.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "$*" >&2; exit 1; }

mkdir "$work/source"
sed -n 's/^COPY \([^-].*\) [^ ]*$/\1/p' deploy/Dockerfile.cuda | tr ' ' '\n' \
  | tar -c --exclude=bin --exclude=obj -T - | tar -x -C "$work/source"
cd "$work/source"
dotnet publish src/Cli -c Release -r linux-x64 --self-contained -p:OnnxRuntime=cuda --artifacts-path "$work/build" -o "$work/app" \
  -p:RunAnalyzers=false -p:EnforceCodeStyleInBuild=false -p:GenerateDocumentationFile=false -p:DebugType=none --nologo -v quiet
rm -rf "$work/build" # what remains is the program, 430 MB

for library in libonnxruntime.so libonnxruntime_providers_shared.so libonnxruntime_providers_cuda.so libonnxruntime-genai.so; do
  [ -s "$work/app/$library" ] || fail "The published program has no $library."
done
for library in libcudart.so.13 libcublas.so.13 libcublasLt.so.13 libcurand.so.10; do
  grep -aqF "$library" "$work/app/libonnxruntime_providers_cuda.so" \
    || fail "The CUDA provider does not ask for $library, as README.md says."
done
[ ! -e "$work/app/onnxruntime.dll" ] || fail "The published program for Linux holds libraries for Windows."

program() { env -i HOME="$work" PATH=/usr/bin:/bin ORT_DISABLE_TELEMETRY=1 "$work/app/xllora-onnx" "$@"; }
said=$(program export onnx-models/demo-encoder --precision fp16 --output "$work/model" 2>&1) \
  || fail "The published program does not export: $said"
echo '{"text": "The farmer carries water."}' >"$work/texts.jsonl"
embed() { program embed --model "$work/model" --input "$work/texts.jsonl" --output "$work/$1.npy" --devices "$2" 2>&1; }
said=$(embed cpu cpu) || fail "The published program does not run on the CPU: $said"

# A runtime for the CPU would say that CUDA is not enabled in this build, whatever lies beside it.
if said=$(embed cuda cuda:0); then
  echo "embedded on cuda:0"
elif grep -qF 'Failed to load shared library' <<<"$said"; then
  echo "asked for cuda:0, it looks for CUDA's libraries, which are not here"
else
  fail "Asked for cuda:0, the published program says: $said"
fi
echo "published with CUDA: $(du -sm "$work/app" | cut -f1) MB"
