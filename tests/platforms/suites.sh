#!/bin/sh
# Both suites, one after the other, against the service that SERVICE_URL names.
set -eu
npm test --silent
python suite.py
