#!/bin/sh
# Makes ./configure and the files that automake copies into build-aux. Needed once after a clone.
set -eu
cd "$(dirname "$0")"
exec autoreconf --install --force --warnings=all,no-portability
