#!/usr/bin/env bash
# kill -9 at N random moments (default 50) of an export; every rerun must end with the folder that an undisturbed export gives.
#   tools/reliability/kill-export.sh [N] [export options, e.g. --precision int4]
# Built first: dotnet build -c Release tools/Benchmarks; dotnet build -c Release src/Cli.
set -euo pipefail
rounds=${1:-50}
shift || true
root=$(cd "$(dirname "$0")/../.." && pwd)
program="$root/src/Cli/bin/Release/net10.0/xllora-onnx.dll"
work=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/kill-export.XXXXXX")
trap 'rm -rf "$work"' EXIT

dotnet "$root/tools/Benchmarks/bin/Release/net10.0/Benchmarks.dll" shaped-checkpoint tiny "$work/checkpoint"
arguments=(export "$work/checkpoint" --context 2048 "$@")
export_to() { dotnet "$program" "${arguments[@]}" -o "$1"; }

started=$(date +%s%N)
export_to "$work/undisturbed" > /dev/null 2>&1
whole=$((($(date +%s%N) - started) / 1000000))
echo "undisturbed: $whole ms, $(du -sm "$work/undisturbed" | cut -f1) MB"

kills=0 resumed=0 finished=0
out="$work/out"
while ((kills < rounds)); do
    (exec dotnet "$program" "${arguments[@]}" -o "$out") > "$work/log" 2>&1 &
    process=$!
    sleep "$(awk -v ms=$((RANDOM * 32768 + RANDOM)) -v whole=$whole 'BEGIN { printf "%.3f", ms % (whole + whole / 10) / 1000 }')"
    kill -9 $process 2> /dev/null || true
    status=0
    wait $process 2> /dev/null || status=$?
    # a signal to a process that has ended already is no kill
    if ((status == 137)); then kills=$((kills + 1)); fi
    if grep -q 'are there already' "$work/log"; then resumed=$((resumed + 1)); fi
    # whatever has the final name is complete
    if [[ -d $out ]]; then
        diff -r "$work/undisturbed" "$out"
        dotnet "$program" inspect "$out" > /dev/null
        rm -rf "$out" "$out.partial"
        finished=$((finished + 1))
    elif ((RANDOM % 3 == 0)); then
        export_to "$out" > "$work/log" 2>&1 || { cat "$work/log"; exit 1; }
        if grep -q 'are there already' "$work/log"; then resumed=$((resumed + 1)); fi
        diff -r "$work/undisturbed" "$out"
        dotnet "$program" inspect "$out" > /dev/null
        [[ ! -e $out.partial ]] || { echo "$out.partial was left"; exit 1; }
        rm -rf "$out"
        finished=$((finished + 1))
    fi
done
if [[ ! -d $out ]]; then export_to "$out" > /dev/null 2>&1; fi
diff -r "$work/undisturbed" "$out"
echo "$kills kills, $finished times finished in between, $resumed runs continued an unfinished export: every folder is the undisturbed one"
