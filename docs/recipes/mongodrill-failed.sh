#!/bin/sh
# /usr/local/bin/mongodrill-failed.sh NAME REPORTS: writes a mail about the last start of mongodrill@NAME: how the unit
# ended, what it said, and the reports of that start alone. A scenario with a mistake (78) leaves none, and an older one
# says nothing of it.
name=${1:?NAME is missing} reports=${2:?REPORTS is missing}
unit=mongodrill@$name.service

printf 'Subject: drill of %s failed\n\n' "$name"
systemctl status --no-pager --full --lines=0 "$unit"
# @1795259684; empty when it was never started.
start=$(systemctl show --property=InactiveExitTimestamp --value --timestamp=unix "$unit")
[ -n "$start" ] || exit 0
echo
journalctl --no-pager --quiet --unit="$unit" --since="$start"
find "$reports" -mindepth 2 -maxdepth 2 -newermt "$start" \
  \( -path "*Z-$name/report.md" -o -path "*Z-$name-[0-9]*/report.md" \) -printf '\n%p\n\n' -exec cat {} \;
