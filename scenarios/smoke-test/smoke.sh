#!/bin/sh
# The application's tests: they know nothing of the drill but MONGODRILL_URI, the address of the restored server.
# Put your own in their place: ./manage.py test --read-only, npm run smoke, mongosh "$MONGODRILL_URI" smoke.js
set -eu
: "${MONGODRILL_URI:?is set by a run step}"
exec "$MONGODRILL" check --uri "$MONGODRILL_URI" application.yaml
