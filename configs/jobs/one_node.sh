#!/bin/bash
# One machine, a rank a GPU, started by torchrun (pip install torch has it):
#   configs/jobs/one_node.sh --config configs/bert_base.toml --data.train text/ --output runs/mine
# RANKS=2 DEVICE=cpu tries it where no GPU is. When a rank dies, all start anew from the last checkpoint, three times at most.
set -euo pipefail

if [ -z "${RANKS:-}" ] && ! command -v nvidia-smi >/dev/null; then
    echo "one_node.sh: no nvidia-smi here to count GPUs; RANKS=2 DEVICE=cpu tries it on the CPU" >&2
    exit 2
fi
ranks=${RANKS:-$(nvidia-smi --list-gpus | wc -l)}
exec "${TORCHRUN:-torchrun}" --standalone --no-python --nproc-per-node "$ranks" --max-restarts 3 \
    "${BERTFORGE:-build/release/bertforge}" pretrain --run.device "${DEVICE:-cuda}" "$@"
