#!/bin/sh
# gate.sh SCENARIO DAYS [REPORTS]: ends with 0 when the newest finished drill of a scenario passed, no longer than DAYS
# days ago; else says why not, and ends with 1. Needs jq. REPORTS is ./reports when it is left out.
set -eu
scenario=${1:?SCENARIO is missing} days=${2:?DAYS is missing} reports=${3:-reports}

block() {
  echo "gate: $1" >&2
  exit 1
}

# The folders' names begin with the time: the last one is the newest.
record=
for file in "$reports"/[0-9]*T[0-9]*Z-"$scenario"/report.json; do
  [ ! -e "$file" ] || record=$file
done
[ -n "$record" ] || block "there is no drill of $scenario in $reports"

verdict=$(jq -er '"\(.status) \(.verdict)"' "$record") || block "$record is no record"
age=$(jq -er '(now - (.ended_at | sub("\\.[0-9]+Z$"; "Z") | fromdate)) / 86400 | floor' "$record") ||
  block "$record doesn't say when it ended"
[ "$verdict" = "completed pass" ] || block "the newest drill of $scenario is '$verdict': $record"
[ "$age" -lt "$days" ] || block "the newest drill of $scenario is $age days old: $record"
echo "gate: $scenario passed $age days ago: $record"
