#!/usr/bin/env bash
# Checks the engine on a GPU machine that has nothing but a driver, CUDA 13 and perhaps Python. See README.md beside this.
#   pack …  here: publishes GpuCheck with .NET and ONNX Runtime with CUDA into .gpu/chunks/N; arguments go to dotnet publish
#   put N   there: keeps chunk N
#   run …   there: unpacks what was put, runs GpuCheck with these arguments, and leaves gpu-check.jsonl in $OUT
#   try …   here: put and run in a clean environment without .NET; on the CPU unless told otherwise
set -euo pipefail
cd "$(dirname "$0")/../.."
arch=${XLLORA_GPU_ARCH:-90}                                # GPU generation whose machine code is kept, or all
chunk=${XLLORA_GPU_CHUNK:-30M}
store=${XLLORA_GPU_STORE:-/var/tmp/xllora-gpu}

pack() {
  rm -rf .gpu/app .gpu/chunks .gpu/build
  mkdir -p .gpu/chunks
  dotnet publish tools/gpu/GpuCheck.csproj -c Release -r linux-x64 --self-contained -p:OnnxRuntime=cuda "$@" \
    --artifacts-path .gpu/build -o .gpu/app \
    -p:DebugType=none -p:GenerateDocumentationFile=false -p:EnforceCodeStyleInBuild=false -p:RunAnalyzers=false --nologo -v quiet
  rm -rf .gpu/build .gpu/app/*.xml .gpu/app/*.pdb .gpu/app/libonnxruntime_providers_tensorrt.so
  [ -f .gpu/app/libonnxruntime-genai-cuda.so ] \
    || echo "GenAI runs on the CPU alone in this package; for more: check.sh pack -p:OnnxRuntimeGenAI=cuda"
  if [ "$arch" != all ]; then
    for library in .gpu/app/libonnxruntime_providers_cuda.so .gpu/app/libonnxruntime-genai-cuda.so; do
      [ ! -f "$library" ] || python3 tools/gpu/slim_fatbin.py "$library" "$arch"
    done
  fi
  # .NET hashes with OpenSSL, which a bare machine may lack
  mkdir .gpu/app/fallback
  for library in libssl.so.3 libcrypto.so.3; do
    path=$(ldconfig -p | sed -n "s|.*$library .*x86-64.* => ||p" | head -n 1)
    [ -z "$path" ] || cp -L "$path" .gpu/app/fallback/
  done
  chmod 755 .gpu/app/GpuCheck
  tar -C .gpu --sort=name --owner=0 --group=0 --mtime=@0 -cf - app | xz -T0 -6 | split -b "$chunk" -d -a 1 - .gpu/chunks/part
  (cd .gpu/chunks && sha256sum part? >SHA256SUMS)
  for part in .gpu/chunks/part?; do
    folder=.gpu/chunks/${part##*part}
    mkdir "$folder" && mv "$part" "$folder/" && cp .gpu/chunks/SHA256SUMS "$folder/"
  done
  echo "unpacked $(du -sm .gpu/app | cut -f1) MB, packed $(du -sm .gpu/chunks | cut -f1) MB in $(wc -l <.gpu/chunks/SHA256SUMS) chunks:"
  du -sh .gpu/chunks/?
  echo "tracked files that travel along: $(git ls-files -z | du --files0-from=- -cm | tail -n 1 | cut -f1) MB"
}

put() {
  mkdir -p "$store"
  cp ".gpu/chunks/$1"/* "$store/"
  echo "put $(cd "$store" && ls part? | tr '\n' ' ')of $(wc -l <"$store/SHA256SUMS")"
}

unpack() {
  [ -f "$store/SHA256SUMS" ] || { echo "Nothing was put into $store: call 'check.sh put 0' first."; exit 2; }
  (cd "$store" && sha256sum --check --quiet SHA256SUMS) || { echo "A chunk is missing or damaged: put it again."; exit 2; }
  local stamp; stamp=$(sha256sum "$store/SHA256SUMS" | cut -d' ' -f1)
  [ "$(cat "$store/unpacked" 2>/dev/null)" != "$stamp" ] || return 0
  rm -rf "$store/app"
  cat "$store"/part? | if command -v xz >/dev/null; then xz -dc; else
    python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.stdin.buffer), sys.stdout.buffer)'; fi | tar -xf - -C "$store"
  echo "$stamp" >"$store/unpacked"
}

cuda_folders() { # where libraries of CUDA may lie, those of Python packages too
  ls -d /usr/local/nvidia/lib64 /usr/local/nvidia/lib /usr/local/cuda*/lib64 /usr/local/cuda*/targets/x86_64-linux/lib 2>/dev/null || true
  python3 - <<'PYTHON' 2>/dev/null || true
import glob, site, sys
for root in dict.fromkeys(site.getsitepackages() + [p for p in sys.path if p.endswith("-packages")]):
    print("\n".join(sorted(glob.glob(root + "/nvidia/*/lib"))))
PYTHON
}

run() {
  unpack
  local out=${OUT:-$PWD/.gpu/out}
  mkdir -p "$out" "$store/work"
  export XLLORA_PYTHON_LIBRARY_PATH=${LD_LIBRARY_PATH:-}
  LD_LIBRARY_PATH=$store/app:$(cuda_folders | paste -sd:)${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
  ldconfig -p 2>/dev/null | grep -q 'libssl\.so\.3' || LD_LIBRARY_PATH+=:$store/app/fallback
  export LD_LIBRARY_PATH ORT_DISABLE_TELEMETRY=1
  {
    uname -a; nproc; free -g 2>/dev/null; nvidia-smi 2>&1 || true
    echo "LD_LIBRARY_PATH=$LD_LIBRARY_PATH"
    for library in libonnxruntime.so libonnxruntime_providers_cuda.so libonnxruntime-genai.so libonnxruntime-genai-cuda.so; do
      [ ! -f "$store/app/$library" ] || { echo "$library"; ldd "$store/app/$library" | grep -E 'cud|cub|cur|cuf|not found' || true; }
    done
  } >"$out/machine.txt"
  grep 'not found' "$out/machine.txt" || true
  "$store/app/GpuCheck" --out "$out" --work "$store/work" --data tests/Data/models "$@"
}

try() {
  local store; store=$(mktemp -d)
  trap "rm -rf '$store'" EXIT
  for folder in .gpu/chunks/?; do
    XLLORA_GPU_STORE=$store tools/gpu/check.sh put "${folder##*/}"
  done
  [ $# -gt 0 ] || set -- --device cpu --quick
  env -i HOME="$store" PATH=/usr/bin:/bin XLLORA_GPU_STORE="$store" OUT="$store/out" bash tools/gpu/check.sh run "$@"
}

case ${1:-} in
  pack | put | run | try) "$@" ;;
  *) sed -n 2,6p "$0"; exit 2 ;;
esac
