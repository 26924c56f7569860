#!/usr/bin/env bash
# Two workers by hand, here on one machine: tf_config.sh --run_dir=runs/a [flags of kgan train]
# On two machines, each runs the line in the loop with the same list of workers and its own index.
set -eu
workers='["127.0.0.1:23451", "127.0.0.1:23452"]'

pids=()
for index in 0 1; do
  TF_CONFIG="{\"cluster\": {\"worker\": $workers}, \"task\": {\"type\": \"worker\", \"index\": $index}}" \
    kgan train "$@" &
  pids+=($!)
done
status=0
for pid in "${pids[@]}"; do
  wait "$pid" || status=$?
done
exit $status
