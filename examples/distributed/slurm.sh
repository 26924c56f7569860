#!/usr/bin/env bash
# Four nodes of SLURM: sbatch slurm.sh --run_dir=runs/a [flags of kgan train]
# kgan reads the cluster from what srun tells each task. The folder of the run has to lie where all nodes see it.
#SBATCH --job-name=kgan
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=1
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
#SBATCH --requeue
#SBATCH --open-mode=append
set -u

# When one task fails the others end too; the whole group is then started again, and goes on from its checkpoint.
for attempt in 1 2 3 4 5; do
  srun --distribution=block --kill-on-bad-exit=1 kgan train --strategy=multi_worker "$@"
  status=$?
  # 0: done. 2: what was asked for cannot be done, and could not be the next time.
  if [ $status -eq 0 ] || [ $status -eq 2 ]; then
    exit $status
  fi
  echo "attempt $attempt ended with $status"
done
exit $status
