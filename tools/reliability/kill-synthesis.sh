#!/usr/bin/env bash
# kill -9 at N random moments (default 200) of runs with 1, 2 and 4 processes, and by itself at every point where a file is touched; every
# run must end with the files of an undisturbed one, no row lost and none twice.
#   tools/reliability/kill-synthesis.sh [N] [every which point, default 1]
# Built first: dotnet build -c Release tools/reliability/ScriptedRun.
set -euo pipefail
rounds=${1:-200} stride=${2:-1}
root=$(cd "$(dirname "$0")/../.." && pwd)
program="$root/tools/reliability/ScriptedRun/bin/Release/net10.0/scripted-run.dll"
work=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/kill-synthesis.XXXXXX")
trap 'rm -rf "$work"' EXIT
batch=8

anchors() { for ((i = 0; i < $1; i++)); do echo "anchor $((i % ($1 * 19 / 20)))"; done > "$work/anchors.txt"; } # some come twice
synthesize() { dotnet "$program" "$work/anchors.txt" "$@" --batch $batch --delay 2 --lease-timeout 3; }
check() { # check RUN WHAT: the outputs are those of the undisturbed run
    for file in triplets.csv triplets.jsonl receipts.jsonl rejected.jsonl; do
        cmp "$work/undisturbed/$file" "$1/$file" || { echo "FAILED: $2: $file differs"; exit 1; }
    done
}
count() { cat "$1".* | wc -c; }

anchors 400
started=$(date +%s%N)
synthesize "$work/undisturbed" --log "$work/log0" > "$work/said"
whole=$((($(date +%s%N) - started) / 1000000))
needed=$(count "$work/log0")
echo "undisturbed: $whole ms, $needed answers; $(cat "$work/said")"

kills=0 wasted=0 runs=0
for processes in 1 2 4; do
    target=$((rounds * processes / 7)); done_here=0
    while ((done_here < target)); do
        run="$work/run"; rm -rf "$run" "$work"/log.*; here=0
        while :; do
            pids=()
            for ((p = 0; p < processes; p++)); do
                synthesize "$run" --log "$work/log" > "$work/said.$p" 2>&1 & pids+=($!)
            done
            # the dotnet process is the child of the shell that runs the function
            sleep "$(awk -v r=$RANDOM -v whole=$whole 'BEGIN { printf "%.3f", 0.15 + r / 32768 * whole * 1.1 / 1000 }')"
            for pid in "${pids[@]}"; do
                child=$(pgrep -P "$pid" || true)
                [[ -n $child ]] && kill -9 $child 2> /dev/null && here=$((here + 1))
            done
            failed=0
            for pid in "${pids[@]}"; do wait "$pid" 2> /dev/null || failed=1; done
            ((failed)) || break
            # what stopped by itself must have said nothing but that it was killed
            if grep -l -E "Unhandled|Exception|^error" "$work"/said.* > /dev/null; then cat "$work"/said.*; exit 1; fi
            if ((here >= 12 * processes)); then synthesize "$run" --log "$work/log" > /dev/null; break; fi
        done
        check "$run" "$processes processes, $here kills"
        thrown=$(($(count "$work/log") - needed)); allowed=$((here * batch * 2))
        # several processes may also meet: a lease that is taken over on the same machine costs nothing
        ((thrown <= allowed)) || { echo "FAILED: $thrown answers thrown away by $here kills of steps of $batch"; exit 1; }
        wasted=$((wasted + thrown)); kills=$((kills + here)); done_here=$((done_here + here)); runs=$((runs + 1))
    done
    echo "$processes processes: $done_here kills"
done
echo "$kills kills over $runs runs: every result equals the undisturbed one; $wasted answers made again"

# a smaller run passes every point in the program as well
anchors 60
rm -rf "$work/undisturbed"
points=$(synthesize "$work/undisturbed" --die-at 1000000000 | sed -n 's/.*points \([0-9]*\).*/\1/p')
tried=0
for ((point = 1; point <= points; point += stride)); do
    rm -rf "$work/run"
    # how often is flushed depends on the moment, so the last points do not come in every run
    if synthesize "$work/run" --die-at $point > "$work/said" 2>&1 && ((point < points * 9 / 10)); then
        echo "FAILED: it did not die at point $point"; exit 1
    fi
    synthesize "$work/run" > "$work/said" 2>&1 || { cat "$work/said"; echo "FAILED after dying at point $point"; exit 1; }
    check "$work/run" "death at point $point"
    tried=$((tried + 1))
done
echo "$tried deaths at points where files are touched, of $points: every result equals the undisturbed one"
