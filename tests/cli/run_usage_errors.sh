use_fakes
for args in '-f xml x.bt' 'x.bt -o -' 'x.bt -f' 'x.bt --output' '--mem lots x.bt' \
	'x.bt --max-steps' 'x.bt --sync-every soon -o kept'; do
	"$bpftape" run $args
	echo "exit $?"
done
