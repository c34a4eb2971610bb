#!/bin/sh
# gate.sh SCENARIO DAYS [REPORTS]: ends with 0 when the newest finished drill of a scenario passed, fewer than DAYS days
# ago; else says why not, and ends with 1. Where the scenario picks several backups, the drills of all of them have to
# pass. SCENARIO is its name, as `mongodrill history` shows it; a backup that was drilled without a scenario doesn't
# count, nor do planted faults, nor what went on with a kept sandbox. Needs jq. REPORTS is ./reports when it is left out.
set -eu
scenario=${1:?SCENARIO is missing} days=${2:?DAYS is missing} reports=${3:-reports}

block() {
  echo "gate: $1" >&2
  exit 1
}

case $days in
  *[!0-9]*) block "DAYS is a whole number, not $days" ;;
esac

# A line of JSON for each record; for what is none, its name alone. What a record says stands in it: the folder's name
# tells neither the scenario (a run of the same second gets `-2`) nor whether there was one.
facts() {
  for file in "$reports"/[0-9]*T[0-9]*Z-*/report.json; do
    [ -e "$file" ] || continue
    jq -ce --arg file "$file" '{
      $file, name: (.scenario.name | strings), isScenario: (.scenario.path != null),
      isDrill: (.damage == null and .environment.server == null and .resumed == null),
      state: "\(.status) \(.verdict)", start: (.started_at | strings), end: (.ended_at | strings),
      backup: .backup.path, pick: .scenario.resolved.backup.pick,
      count: ([.backup.notes[]? | capture(": backup [0-9]+ of (?<n>[0-9]+)(,|$)").n | tonumber] | first)
    }' "$file" 2>/dev/null || jq -cn --arg file "$file" '{$file}'
  done
}

answer=$(facts | jq -rs --arg name "$scenario" --argjson days "$days" --arg reports "$reports" '
  def seconds: .[0:19] + "Z" | fromdate;
  def id: .file | split("/")[-2];
  def isSeveral: .pick == "all" or (.pick | type) == "array";

  # The drills of one command, a backup each, begin where the one before ended.
  def series: reverse | reduce .[1:][] as $one ([.[0]];
    if .[0].isOpen == false then .
    elif ($one | isSeveral) and ($one.pick == .[0].pick) and (any(.[]; .backup == $one.backup) | not)
      and (.[0].start | seconds) - ($one.end | seconds) <= 120
    then [$one] + .
    else .[0].isOpen = false end);

  (map(select(.name == null))) as $broken
  | map(select(.name == $name and .isScenario and .isDrill)) | sort_by(.start)
  | if length == 0 then
      if $broken == [] then "no there is no drill of \($name) in \($reports)"
      else "no \($broken[-1].file) is no record" end
    else
      .[-1] as $newest
      | ($newest | id) as $newestID
      | ($newestID[17:] | sub("-[0-9]+$"; "")) as $slug
      | [$broken[] | select(id | .[0:16] >= $newestID[0:16] and (.[17:] + "-" | startswith($slug + "-")))] as $later
      | (if $newest | isSeveral then series else [$newest] end) as $series
      | (if $newest.pick == "all" then $newest.count // 0 elif $newest | isSeveral then $newest.pick | length
         else 1 end) as $count
      | ($series | map(select(.state != "completed pass")) | last) as $bad
      | ($series | map(now - (.end | seconds)) | max) as $age
      | if $later != [] then "no \($later[-1].file) is no record"
        elif $bad != null then "no the newest drill of \($name) is \u0027\($bad.state)\u0027: \($bad.file)"
        elif ($series | length) < $count or $count == 0 then
          "no of the \($count) backups that \($name) picks, \($series | length) were drilled: \($newest.file)"
        elif ($newest.start | seconds) > now + 60 then
          "no the newest drill of \($name) lies in the future: \($newest.file)"
        elif $age >= $days * 86400 then
          "no the newest drill of \($name) is \($age / 86400 | floor) days old: \($newest.file)"
        else "ok \($name) passed \([0, $age / 86400 | floor] | max) days ago: \($newest.file)" end
    end
') || block "the records in $reports can't be read"

case $answer in
  "ok "*) echo "gate: ${answer#ok }" ;;
  *) block "${answer#no }" ;;
esac
