#!/bin/bash
# The house rules over the tree, after a check that the checker finds what it should.
here=$(cd "$(dirname "$0")" && pwd)
command -v python3 >/dev/null || { echo "no python3"; exit 77; }
"$here/test_check.sh" && "$here/check.sh"
