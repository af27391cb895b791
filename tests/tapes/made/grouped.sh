for i in 1 2 3 4 5; do
	./tapedd if=/dev/zero of=/dev/null bs=$((i * 100)) count=300 2>/dev/null
	for k in 1 2 3 4; do
		./tapecat grouped.sh grouped.bt /nonexistent >/dev/null 2>&1
	done
done
