# one clear error each: 2 for a wrong command line, 1 for what is not on the tape
reads_tape
try() {
	echo "--- $*"
	"$bpftape" hist "$@" 2>&1
	echo "exit $?"
}
try
try reads.tape
try reads.tape ret more
try reads.tape ret --linear 1,2
try reads.tape ret --linear 0,100,x
try reads.tape ret --linear 0,100,1 --log2 1
try reads.tape ret --log2=x
try reads.tape ret --quantiles 0.5,2
try reads.tape ret --quantiles 50%
try reads.tape ret -f xml
try reads.tape ret --wher 1
try none.tape ret
try reads.tape rett
try reads.tape ret --by com
try reads.tape ret --where 'ret > limit'
try reads.tape pid
try reads.tape pid --table sys_exit_write
try reads.tape ret --table sys_enter_openat
try reads.tape comm --table sys_exit_read
try reads.tape filename_str
try reads.tape args.count
try reads.tape mode --by args.nothing
try reads.tape 'ret +'
try reads.tape 'ret) > 1; exit('
try reads.tape '@start[pid]'
try reads.tape '$ret'
try reads.tape ret --log2 6
try reads.tape ret --linear 10,0,1
try reads.tape ret --linear 0,10,100
try reads.tape ret --from +2s --to +1s
try reads.tape ret --from +1h
try reads.tape ret --from noon
try reads.tape ret --where 'ret == 4711'
try reads.tape ret --from +100us --to +101us
