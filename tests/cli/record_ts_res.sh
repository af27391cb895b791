for res in 18000000000s 2us 10ms 1 0 1s us; do
	"$bpftape" record -e 'BEGIN { exit(); }' -o t.tape --ts-res "$res"
	echo "exit $?"
done
"$bpftape" record -e 'BEGIN { exit(); }' -o t.tape --ts-res
echo "exit $?"
ls
