# nothing is recorded, so there is no pipe: what the recorder prints is for the user
use_fakes
fake bpftape-record <<'X'
echo "record:$(printf ' <%s>' "$@")"
exit 5
X
"$bpftape" run --dry-run -v x.bt
