for i in 1 2 3; do
	./tapedd if=/dev/zero of=/dev/null bs=$((i * 100)) count=$((i * 8)) 2>/dev/null
	./tapecat /etc/hostname /nonexistent /etc/shells >/dev/null 2>&1
	/bin/true one two three four
done
for i in 1 2; do
	./tapedd if=/dev/zero of=/dev/null bs=64 count=400 2>/dev/null &
done
wait
sleep 1.5
exec ./tapecat /etc/hostname
