for i in 1 2 3; do
	./tapedd if=/dev/zero of=/dev/null bs=$((i * 80)) count=$((i * 3)) 2>/dev/null
	./tapedd if=/dev/zero of=/nonexistent/none 2>/dev/null
done
