# tests/oracle/ties.awk -- sort runs of map lines with equal values: bpftrace leaves their order to
# chance.
function flush(  i, j, t) {
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && line[j] < line[j - 1]; j--) {
			t = line[j]; line[j] = line[j - 1]; line[j - 1] = t
		}
	for (i = 1; i <= n; i++)
		print line[i]
	n = 0
}
{
	name = ""
	if (match($0, /^@[A-Za-z0-9_]*\[.*\]: [^ ]+$/)) {
		name = substr($0, 1, index($0, "["))
		value = $0
		sub(/.*\]: /, "", value)
		name = name value
	}
	if (name == "" || name != last)
		flush()
	last = name
	if (name == "")
		print
	else
		line[++n] = $0
}
END { flush() }
