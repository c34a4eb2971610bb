#!/bin/sh
# Restores an export into a server of its own and asks checks of what came back.
# usage: proof.sh NAME, with the checks in NAME.checks.yaml beside this file
exec "$MONGODRILL" restore "$MONGODRILL_EXPORTS/$1" -q -- \
  sh -c 'exec "$MONGODRILL" check --uri "$MONGODRILL_URI" "$1"' sh "$1.checks.yaml"
