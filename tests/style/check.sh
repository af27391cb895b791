#!/bin/bash
# Check the house rules over the tree (or over the folder given): see check.py.
here=$(cd "$(dirname "$0")" && pwd)
exec python3 "$here/check.py" "${1:-$here/../..}"
