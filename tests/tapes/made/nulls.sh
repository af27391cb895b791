for i in 1 2 3; do
	./tapedd if=/dev/zero of=/dev/null bs=$((i * 77)) count=40 skip=$((i * 5)) 2>/dev/null &
	./tapedd if=/etc/hostname of=/dev/null bs=$((50 + i * 77)) skip=1 count=9 2>/dev/null
	./tapedd if=/dev/zero of=/nonexistent/none 2>/dev/null
	wait
done
./tapedd if=/dev/zero of=/dev/null bs=65536 count=1500 2>/dev/null
