# what is beyond a limit is damage; whatever answers names the limit and the option
ln -s "$(dirname "$CLI_LIB")/../tapes/reads.tape" reads.tape
ln -s "$(dirname "$CLI_LIB")/../tapes/good/calls.tape" calls.tape
tape=reads.tape
"$bpftape" sql "$tape" 'select count(*) from events' --limit rows=100 --strict 2>&1
echo "exit $?"
"$bpftape" replay "$tape" --limit str=3 2>&1 | grep -E 'limit|columns'
"$bpftape" hist "$tape" ret --limit stored_len=4000 2>&1 | grep -E 'limit'
"$bpftape" fold calls.tape --user --limit depth=2 2>&1 | grep -E "^read|limit"
"$bpftape" fold "$tape" --limit nodes=0 2>&1
echo "exit $?"
"$bpftape" info "$tape" --limit rows 2>&1
"$bpftape" info "$tape" --mem 1K 2>&1
"$bpftape" verify - --limit keys=3 <"$tape" 2>&1
echo "exit $?"
"$bpftape" sql "$tape" 'select count(*) from events' \
	--limit rows=2M,str=1M --limit dicts=64K --mem 64M 2>/dev/null
