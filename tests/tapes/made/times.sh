for i in 1 2; do
	./tapedd if=/dev/zero of=/dev/null bs=$((i * 100)) count=$((i * 40)) 2>/dev/null &
done
wait
