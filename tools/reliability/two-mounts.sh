#!/usr/bin/env bash
# Two machines on one disk, as far as one machine can be two: a run folder mounted twice, each mount with a cache of names and attributes of its own
# that is believed for some seconds (as a network file system does), each used by processes with a host name and process numbers of their own. One of
# the machines is lost at a random moment (kill -9 of all it runs, its mount gone) in every round (default 20); the other must end the run with the
# files of an undisturbed one, no row lost and none twice.
#   tools/reliability/two-mounts.sh [ROUNDS] [SECONDS of caches, default 3]
# As root, with /dev/fuse and Debian's bindfs. Built first: dotnet build -c Release tools/reliability/ScriptedRun.
set -euo pipefail
rounds=${1:-20} caches=${2:-3}
root=$(cd "$(dirname "$0")/../.." && pwd)
program="$root/tools/reliability/ScriptedRun/bin/Release/net10.0/scripted-run.dll"
command -v bindfs > /dev/null || { echo "bindfs is missing: apt-get install bindfs"; exit 1; }
work=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/two-mounts.XXXXXX")
mkdir "$work/disk" "$work/here" "$work/there"
unmount() { for at in here there; do fusermount -uz "$work/$at" 2> /dev/null || true; done; }
trap 'unmount; rm -rf "$work"' EXIT
mount_at() { bindfs -o "attr_timeout=$caches,entry_timeout=$caches,negative_timeout=$caches,ac_attr_timeout=$caches" "$work/disk" "$work/$1"; }
# longer than the caches, as docs/slurm.md asks
lease=$((caches * 3 + 2))
machine() { # machine NAME MOUNT LOG: a process on it; its number is that of unshare, whose end is the end of all in it
    local name=$1 mount=$2 log=$3
    exec unshare --uts --pid --fork --kill-child --mount-proc bash -c \
        "hostname $name && exec dotnet '$program' '$work/anchors.txt' '$mount/run' --batch 8 --delay 10 --lease-timeout $lease" > "$log" 2>&1
}

for ((i = 0; i < 2000; i++)); do echo "anchor $((i % 1900))"; done > "$work/anchors.txt"
started=$(date +%s%N)
dotnet "$program" "$work/anchors.txt" "$work/undisturbed" --batch 8 --delay 10 > "$work/said"
whole=$((($(date +%s%N) - started) / 1000000))
echo "undisturbed: $whole ms; $(cat "$work/said")"

slowest=0 again=0
fail() { cat "$work"/here.*; echo "FAILED in round $round: $1"; exit 1; }
for ((round = 1; round <= rounds; round++)); do
    rm -rf "$work/disk/run"
    mount_at here; mount_at there
    for p in 1 2; do
        (machine lost "$work/there" "$work/there.$p") & there[$p]=$!
        (machine left "$work/here" "$work/here.$p") & here[$p]=$!
    done
    sleep "$(awk -v r=$RANDOM -v whole=$whole 'BEGIN { printf "%.3f", 0.3 + r / 32768 * whole * 0.6 / 1000 }')"
    kill -9 "${there[1]}" "${there[2]}" 2> /dev/null || true
    fusermount -uz "$work/there"
    lost=$(date +%s%N)
    wait "${there[@]}" 2> /dev/null || true
    for p in 1 2; do
        wait "${here[$p]}" || fail "a process of the machine that is left ended with an error"
        # the end of a shard may be seen before the last answers in it, while the caches are old
        again=$((again + $(grep -c "opened again [1-9]" "$work/here.$p" || true)))
    done
    took=$((($(date +%s%N) - lost) / 1000000)); ((took > slowest)) && slowest=$took
    for file in triplets.csv triplets.jsonl receipts.jsonl rejected.jsonl; do
        cmp "$work/undisturbed/$file" "$work/disk/run/$file" || { echo "FAILED in round $round: $file differs"; exit 1; }
    done
    unmount
done
echo "$rounds machines lost, caches of $caches s, leases of $lease s: every result equals the undisturbed one; from the loss to the end at most $slowest ms;" \
    "shards were opened again $again times"
