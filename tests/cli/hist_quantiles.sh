# the histograms, then a table; the same numbers as SQL's, in every order of passes
reads_tape
"$bpftape" hist reads.tape ret --by comm --linear 0,7000,3500 --quantiles 0.5,0.9,0.99,0.999,0,1
"$bpftape" hist reads.tape '(nsecs - start) / 1000' --where 'comm == "dd"' --quantiles 0.25,0.5 \
	--log2 2>/dev/null | tail -2
"$bpftape" hist reads.tape ret --by comm --quantiles 0.5,0.99 -f json 2>/dev/null | tail -1

for q in 0.01 0.07 0.5 0.9 0.99 1; do
	"$bpftape" hist reads.tape ret --by comm --quantiles $q 2>/dev/null | tail -2 |
		awk '{ print $1, $NF }' | tr -d '@[]'
done | sort >hist
for q in 0.01 0.07 0.5 0.9 0.99 1; do
	for comm in cat dd; do
		"$bpftape" sql reads.tape --format csv "
			with v(x) as (select ret from sys_exit_read where comm = '$comm')
			select '$comm ' || x from v order by x limit 1 offset
			(select cast(count(*) * $q + 0.999999 as int) - 1 from v)" 2>/dev/null |
			tail -1
	done
done | sort >rank
for q in 0.01 0.07 0.5 0.9 0.99 1; do
	"$bpftape" sql reads.tape --format csv "select comm || ' ' || quantile(ret, $q)
		from sys_exit_read group by comm" 2>/dev/null | tail -2
done | sort >function
cmp hist rank && cmp hist function && echo "$(wc -l <hist) quantiles as in SQL"
cat reads.tape | "$bpftape" hist - ret --quantiles 0.5 2>/dev/null | tail -1
