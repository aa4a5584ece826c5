#!/usr/bin/env bash
# A run of four tasks on a real Slurm of this machine alone: one task is killed, one requeued, one reaches its time limit. Then `embed` and
# `train encoder`, a task each, requeued in the middle. The outputs must be those of one process, byte for byte.
#   tools/reliability/slurm.sh [SAMPLES]     triplets of each of the 600 anchors (8), so that it lasts long enough
# Built first: dotnet build -c Release src/Cli (CONFIGURATION for another). As root, with Debian's slurm-wlm (22.05); nothing of it may be
# running on these ports. State, logs and sockets are in a folder that is deleted; what it starts, it ends.
set -euo pipefail
samples=${1:-8}
root=$(cd "$(dirname "$0")/../.." && pwd)
program="$root/src/Cli/bin/${CONFIGURATION:-Release}/net10.0/xllora-onnx.dll"
work=$(mktemp -d "${WORK:-${TMPDIR:-/tmp}}/slurm.XXXXXX")
host=$(hostname -s) job='' controller='' node=''
export SLURM_CONF="$work/slurm.conf" TMPDIR="$work"
finish() {
    [[ -z $job ]] || scancel "$job" 2> /dev/null || true
    # jobs end with their node, within KillWait
    sleep 2
    for process in $node $controller; do kill "$process" 2> /dev/null && wait "$process" 2> /dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT
fail() { echo "FAILED: $*"; tail -n 20 "$work"/*.log; exit 1; }

mkdir "$work/state" "$work/spool"
cat > "$SLURM_CONF" <<CONF
ClusterName=xllora
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=17817
SlurmdPort=17818
SlurmUser=root
AuthType=auth/none
CredType=cred/none
AuthInfo=cred_expire=5
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_min_interval=1000000
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
KillWait=5
MinJobAge=3600
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
slurmctld -D > "$work/slurmctld.out" 2>&1 & controller=$!
slurmd -D > "$work/slurmd.out" 2>&1 & node=$!
for ((i = 0; i < 60; i++)); do [[ $(sinfo -h -o %T 2> /dev/null) == idle ]] && break; sleep 0.5; done
[[ $(sinfo -h -o %T) == idle ]] || fail "Slurm did not start"

cd "$work"
dotnet "$program" export "$root/onnx-models/demo-gemma3/base" --output model \
    --adapter "pos=$root/onnx-models/demo-gemma3/pos" --adapter "neg=$root/onnx-models/demo-gemma3/neg" > said
synthesize() {
    dotnet "$program" synthesize --model model --input "$root/onnx-models/demo-gemma3/world/truth.jsonl.gz" --samples "$samples" \
        --temperature 1 --license cc0-1.0 "$@"
}
started=$SECONDS
synthesize --output one > said 2>&1 || fail "one process: $(cat said)"
alone=$((SECONDS - started))

synthesize --output many --slurm array.sbatch --tasks 4 --time 00:20:00
job=$(sbatch --parsable array.sbatch)
started=$SECONDS
state() { squeue -h -j "${job}_$1" -o %T 2> /dev/null || true; }
restarts() { scontrol show job "${job}_$1" | sed -n 's/.*Restarts=\([0-9]*\).*/\1/p'; }
done_rows() { dotnet "$program" status many --json 2> /dev/null | sed -n 's/.*"done_rows": \([0-9]*\).*/\1/p'; }
for ((i = 0; i < 120; i++)); do [[ $(done_rows) -ge 60 ]] && break; sleep 0.5; done
[[ $(done_rows) -ge 60 ]] || fail "no rows came"
dotnet "$program" status many
# the last two minutes begin when Slurm looks next, which it does every 30 s
scontrol update "jobid=${job}_3" "timelimit=$(((SECONDS - started) / 60 + 2))"
scancel -s KILL "${job}_1"
scontrol requeue "${job}_2"
while [[ -n $(squeue -h -j "$job" -o %T 2> /dev/null | grep -v -E 'COMPLETED|CANCELLED|FAILED|TIMEOUT') ]]; do
    ((SECONDS - started < 540)) || fail "it does not end: $(squeue -j "$job")"
    sleep 1
done
together=$((SECONDS - started))
dotnet "$program" status many
for task in 0 1 2 3; do
    echo "task $task: $(scontrol show job "${job}_$task" | grep -o -E 'JobState=[A-Z]+|Restarts=[0-9]+' | paste -sd ' ')"
done
[[ $(restarts 2) -ge 1 ]] || fail "task 2 was not requeued"
[[ $(restarts 3) -ge 1 ]] || fail "task 3 did not reach its time limit"
grep -q 'finishing the rows that run' array-"${job}"_3.log || fail "task 3 did not let its rows end"
for file in triplets.csv triplets.jsonl receipts.jsonl rejected.jsonl; do
    cmp "one/$file" "many/$file" || fail "$file differs"
done
dotnet "$program" verify many > said || fail "$(cat said)"
one_task() { # one_task NAME OUTPUT FILES COMMAND...: requeued when it has begun to write; FILES, of the output, are compared
    local name=$1 output=$2 files=$3 file i; shift 3
    dotnet "$program" "$@" --output "one-$output" > said 2>&1 || fail "$name by one process: $(cat said)"
    dotnet "$program" "$@" --output "$output" --slurm "$name.sbatch" --time 00:20:00
    job=$(sbatch --parsable "$name.sbatch")
    for ((i = 0; i < 240; i++)); do [[ -s $(ls -d "$output".partial* 2> /dev/null | head -n 1) ]] && break; sleep 0.25; done
    sleep 3
    scontrol requeue "$job" || fail "$name ended before it was requeued"
    started=$SECONDS
    while [[ -n $(squeue -h -j "$job" -o %T 2> /dev/null | grep -v -E 'COMPLETED|CANCELLED|FAILED|TIMEOUT') ]]; do
        ((SECONDS - started < 300)) || fail "$name does not end: $(squeue -j "$job")"
        sleep 1
    done
    echo "$name: $(scontrol show job "$job" | grep -o -E 'JobState=[A-Z]+|Restarts=[0-9]+' | paste -sd ' ')"
    scontrol show job "$job" | grep -q -E 'Restarts=[1-9]' || fail "$name was not requeued"
    for file in $files; do cmp "one-$output$file" "$output$file" || fail "$name: $file differs"; done
    job=''
}
job=''
dotnet "$program" export "$root/onnx-models/demo-encoder" --output encoder > said
for ((i = 0; i < 12; i++)); do sed "s/^/$i /" one/triplets.csv; done > texts.txt
one_task embed vectors.npy '' embed --model encoder --input texts.txt
one_task train trained "/model.safetensors /tokenizer.json" train encoder --model "$root/onnx-models/demo-encoder" --data one/triplets.csv \
    --max-steps 60 --save-steps 10

echo "$(($(wc -l < many/triplets.jsonl))) triplets and $(($(wc -l < many/rejected.jsonl))) rejected rows of 4 tasks equal those of one process;" \
    "one process $alone s, the tasks $together s"
