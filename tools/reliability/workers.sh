#!/usr/bin/env bash
# How much faster several workers are than one: runs of a scripted generator (16 answers a step of 50 ms) by one worker and by WORKERS, with
# a folder and with a PostgreSQL of its own, one after the other. Seconds from the start of the programs to the first outputs, and to the end
# of all (each worker of a database writes outputs of its own, here on the same cores; they must be the same); efficiency is what one takes /
# (WORKERS × what they take).
#   tools/reliability/workers.sh [ANCHORS (60000)] [WORKERS (4)]
# Built first: dotnet build -c Release tools/reliability/ScriptedRun. Debian's postgresql, 13 or later. Let nothing else run.
set -euo pipefail
anchors=${1:-60000} workers=${2:-4}
root=$(cd "$(dirname "$0")/../.." && pwd)
program="$root/tools/reliability/ScriptedRun/bin/Release/net10.0/scripted-run.dll"
binaries=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -1)
work=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/workers.XXXXXX")
chmod 755 "$work"
data="$work/data" port=$((20000 + RANDOM % 10000))
as_server() { if ((EUID == 0)); then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }
server() { as_server "$binaries/pg_ctl" -D "$data" -s -w "$@" > "$work/pg_ctl" 2>&1; }
trap 'server -m immediate stop || true; rm -rf "$work"' EXIT
mkdir "$data"; ((EUID)) || chown postgres "$data"; chmod 700 "$data"
as_server "$binaries/initdb" -D "$data" -U xllora -A trust -E UTF8 --no-locale > "$work/initdb"
server -l "$data/log" -o "-p $port -k $data -c listen_addresses=127.0.0.1" start
psql -q -h 127.0.0.1 -p "$port" -U xllora -d postgres -c 'CREATE DATABASE runs'
for ((i = 0; i < anchors; i++)); do echo "anchor $i"; done > "$work/anchors.txt"

take() { # take KIND N: seconds of N workers
    local kind=$1 count=$2 p folder started=${EPOCHREALTIME/./} pids=()
    for ((p = 0; p < count; p++)); do
        folder="$work/$kind.$count" options=()
        if [[ $kind == postgresql ]]; then
            folder+=".$p"
            options=(--database "postgres://xllora@127.0.0.1:$port/runs?name=of$count&sslmode=disable")
        fi
        dotnet "$program" "$work/anchors.txt" "$folder" --batch 16 --delay 50 "${options[@]}" > "$work/said.$kind.$p" 2>&1 & pids+=($!)
    done
    wait -n "${pids[@]}" || { cat "$work"/said.*; exit 1; }
    taken=$(((${EPOCHREALTIME/./} - started) / 1000))
    for p in "${pids[@]}"; do wait "$p" || { cat "$work"/said.*; exit 1; }; done
    all=$(((${EPOCHREALTIME/./} - started) / 1000))
    for folder in "$work/$kind.$count"*/; do
        [[ -e $first ]] || first=$folder
        cmp "$first/triplets.csv" "$folder/triplets.csv" && cmp "$first/receipts.jsonl" "$folder/receipts.jsonl" || exit 1
    done
}
first=
for kind in ${KINDS:-folder postgresql}; do
    take "$kind" 1; one=$taken
    take "$kind" "$workers"
    awk -v k="$kind" -v n="$anchors" -v w="$workers" -v one="$one" -v first="$taken" -v all="$all" 'BEGIN {
        printf "%s, %d anchors: one worker %.1f s; ", k, n, one / 1000
        printf "%d workers %.1f s until the outputs, efficiency %.1f %%, ", w, first / 1000, 100 * one / (w * first)
        printf "%.1f s until all have ended, %.1f %%\n", all / 1000, 100 * one / (w * all) }'
done
