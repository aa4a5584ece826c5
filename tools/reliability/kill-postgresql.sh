#!/usr/bin/env bash
# N disturbances (default 200) at random moments of runs in a PostgreSQL of its own, with 1, 2 and 4 workers: kill -9 of a worker, a crash of
# the server, connections that are cut. What died goes on. Every worker must end with the files of an undisturbed run, and none may end by
# itself before. Then the disk of a server is full (root only): a line that says so, and the same command goes on when there is room.
#   tools/reliability/kill-postgresql.sh [N]
# Built first: dotnet build -c Release tools/reliability/ScriptedRun. Debian's postgresql, 13 or later.
set -euo pipefail
rounds=${1:-200}
root=$(cd "$(dirname "$0")/../.." && pwd)
program="$root/tools/reliability/ScriptedRun/bin/Release/net10.0/scripted-run.dll"
binaries=$(find /usr/lib/postgresql -maxdepth 2 -name bin | sort -V | tail -1)
work=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/kill-postgresql.XXXXXX")
chmod 755 "$work"
data="$work/data" port=$((20000 + RANDOM % 10000)) batch=8 patience=${PATIENCE:-120} proxy_PID=
as_server() { if ((EUID == 0)); then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }
server() { as_server "$binaries/pg_ctl" -D "$data" -s -w "$@" > "$work/pg_ctl" 2>&1; }
start() { server -l "$data/log" -o "-p $port -k $data -c listen_addresses=127.0.0.1" start; }
make() { # make DIR [options]: a server's folder
    data=$1; shift
    mkdir -p "$data"; ((EUID)) || chown postgres "$data"; chmod 700 "$data"
    as_server "$binaries/initdb" -D "$data" -U xllora -A trust -E UTF8 --no-locale "$@" > "$work/initdb"
    start
    psql -q -h 127.0.0.1 -p "$port" -U xllora -d postgres -c 'CREATE DATABASE runs'
}
ask() { psql -qAt -h 127.0.0.1 -p "$port" -U xllora -d runs -c "$1"; }
end() {
    [[ -z $proxy_PID ]] || kill "$proxy_PID" 2> /dev/null || true
    server -m immediate stop || true
    ! mountpoint -q "$work/small" || umount -l "$work/small"
    rm -rf "$work"
}
trap end EXIT
fail() { echo "FAILED: $1"; cat "$work"/said.*; tail -5 "$data/log"; exit 1; }
check() { # check RUN WHAT: the outputs are those of the undisturbed run
    for file in triplets.csv triplets.jsonl receipts.jsonl rejected.jsonl; do
        cmp "$work/undisturbed/$file" "$1/$file" || fail "$2: $file differs"
    done
}
begin() { # begin P: worker P
    dotnet "$program" "$work/anchors.txt" "$work/run.$1" --database "postgres://xllora@127.0.0.1:$through/runs?name=$name&sslmode=disable" \
        --log "$work/log" --batch $batch --delay 20 --lease-timeout 2 --patience $patience > "$work/said.$1" 2>&1 & pids[$1]=$!
}
alive() { local p; for p in "${!pids[@]}"; do ! kill -0 "${pids[p]}" 2> /dev/null || echo "$p"; done; }
moment() { sleep "$(awk -v r=$RANDOM -v least="$1" -v most="$2" 'BEGIN { printf "%.3f", least + r / 32768 * (most - least) }')"; }

for ((i = 0; i < 400; i++)); do echo "anchor $((i % 380))"; done > "$work/anchors.txt" # some come twice
dotnet "$program" "$work/anchors.txt" "$work/undisturbed" --log "$work/log0" --batch $batch > /dev/null
needed=$(cat "$work"/log0.* | wc -c)
make "$data"
coproc proxy { exec dotnet "$program" proxy "$port"; }
read -r through <&"${proxy[0]}"

killed=0 crashed=0 cut=0 runs=0 again=0 twice=0 started=$SECONDS
while ((killed + crashed + cut < rounds)); do
    processes=$((1 << runs % 3)) name=run$runs here=0 pids=()
    rm -rf "$work"/run.* "$work"/log.* "$work"/said.*
    for ((p = 0; p < processes; p++)); do begin "$p"; done
    while moment 0.2 1.6; mapfile -t working < <(alive); ((${#working[@]})); do
        ((++here <= 12)) || continue # so that it comes to an end
        case $((RANDOM % 3)) in
            0) p=${working[RANDOM % ${#working[@]}]}
                kill -9 "${pids[p]}" 2> /dev/null || continue
                wait "${pids[p]}" 2> /dev/null && continue # it had come to its end
                (($? == 137)) || fail "worker $p ended by itself"
                begin "$p"; killed=$((killed + 1)) ;;
            1) server -m immediate stop; moment 0 1; start; crashed=$((crashed + 1)) ;;
            2) echo >&"${proxy[1]}"; cut=$((cut + 1)) ;;
        esac
    done
    for p in "${!pids[@]}"; do
        wait "${pids[p]}" || fail "worker $p ended with $?"
        check "$work/run.$p" "run $runs of $processes workers"
    done
    [[ $(ask "SELECT count(*) FROM xllora.shards s JOIN xllora.runs r USING (run) WHERE name = '$name' AND shard >= 0 AND NOT done") == 0 ]] \
        || fail "a shard is not finished"
    again=$((again + $(cat "$work"/log.* | wc -c) - needed)) runs=$((runs + 1))
    twice=$((twice + $(ask "SELECT count(*) - count(DISTINCT (key, side, sample, attempt)) FROM xllora.answers a JOIN xllora.runs r USING (run)
        WHERE name = '$name'")))
done
echo "$killed workers killed, $crashed crashes of the server, connections cut $cut times, over $runs runs of 1, 2 and 4 workers in" \
    "$((SECONDS - started)) s: every result equals the undisturbed one, 0 rows lost, 0 twice; of $((runs * needed)) answers $again were" \
    "made again, $twice of them while the first was there already"

((EUID == 0)) || exit 0
server -m immediate stop
# a small disk for the server's tables, and then for its log, without room for which it stops
mkdir "$work/small"
through=$port patience=20
for what in tables log; do
    mount -t tmpfs -o size=100m tmpfs "$work/small"
    if [[ $what == tables ]]; then make "$work/small/data"; else
        chown postgres "$work/small"
        make "$work/data.log" --waldir="$work/small/wal" --wal-segsize=1
    fi
    name=$what pids=()
    rm -rf "$work"/run.* "$work"/log.* "$work"/said.*
    begin 0
    until [[ $(ask "SELECT to_regclass('xllora.answers')") && $(ask "SELECT count(*) > 40 FROM xllora.answers") == t ]]; do sleep 0.05; done
    kill -0 "${pids[0]}" || fail "it was over before the disk was full"
    dd if=/dev/zero of="$work/small/ballast" bs=4k status=none 2> /dev/null || true
    [[ $what == tables ]] || ask "SELECT pg_switch_wal()" > /dev/null 2>&1 || true # so that it needs a new file of its log
    ! wait "${pids[0]}" || fail "it did not notice that the disk is full"
    (($(wc -l < "$work/said.0") == 1)) || fail "it said more than a line"
    grep -q '^error: .* Then run the same command again: what was committed is kept.$' "$work/said.0" || fail "it did not say what to do"
    cat "$work/said.0"
    rm "$work/small/ballast"
    as_server "$binaries/pg_ctl" -D "$data" status > /dev/null || start
    begin 0
    wait "${pids[0]}" || fail "it did not go on"
    check "$work/run.0" "the disk was full"
    echo "no room for the server's $what: the same command went on when there was some, and its result equals the undisturbed one"
    server -m immediate stop
    umount "$work/small"
done
