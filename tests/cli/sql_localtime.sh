# sql: sqlite's localtime is this machine's, though nothing can be opened any more
reads_tape
for how in "" --no-sandbox; do
	TZ=XYZ-3 "$bpftape" sql $how -f csv reads.tape \
		"select datetime(0, 'unixepoch', 'localtime') l, substr(min(time), 1, 17) t,
			datetime(0, 'unixepoch', 'localtime') = '1970-01-01 03:00:00' still
			from events" 2>/dev/null
done
