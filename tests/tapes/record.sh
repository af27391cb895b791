#!/usr/bin/env bash
# tests/tapes/record.sh NAME [OPTION...]: record a tape like good/NAME.tape, from made/NAME.bt (what
# to record) and made/NAME.sh (what happens).  Needs root.  The tape is /tmp/golden/NAME.tape.
set -eu
made=$(cd "$(dirname "$0")/made" && pwd)
build=$(realpath "${BPFTAPE_BUILD:-build-dev}")
name=$1
shift
mkdir -p /tmp/golden
cd /tmp/golden
cp "$(command -v dd)" tapedd
cp "$(command -v cat)" tapecat
cp "$(command -v dash)" tapesh
cp "$made/$name.bt" "$made/$name.sh" .
env -i LC_ALL=C PATH=/usr/bin:/bin "$build/bin/bpftape" record -q --force -o "$name.tape" "$@" \
	"$name.bt" "a golden tape" -c "./tapesh $name.sh"
"$build/bin/bpftape" verify "$name.tape"
