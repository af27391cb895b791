use_fakes
for args in '-f xml x.bt' 'x.bt -o -' 'x.bt -f' 'x.bt --output'; do
	"$bpftape" run $args
	echo "exit $?"
done
