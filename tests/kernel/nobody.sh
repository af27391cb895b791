#!/usr/bin/env bash
# tests/kernel/nobody.sh: the analyzer answers without privileges, in an empty root, in another time
# zone, byte for byte.
. "$(dirname "$0")/lib.sh"
cat > s.bt <<'S'
BEGIN { printf("start\n"); time("%Y %H\n"); }
tracepoint:syscalls:sys_enter_openat /comm == "opens"/ {
	@[str(args.filename), uid] = count();
	printf("%s %s %s\n", comm, str(args.filename), strftime("%H:%M", nsecs));
}
S
record -o t.tape -c "$work/opens" s.bt
"$bpftape" replay t.tape > want 2> want.err
"$bpftape" replay t.tape -f json > want.json 2>> want.err
"$bpftape" sql t.tape 'select comm, filename_str, uid from sys_enter_openat' > want.sql
mkdir -p jail/bin jail/lib64
cp "$build/bin/bpftape-analyze" jail/bin/
mkdir -p "jail/lib/bpftape"
cp "$build"/lib/bpftape/bpftape-jit.so jail/lib/bpftape/
for f in "$build/bin/bpftape-analyze" "$build/lib/bpftape/bpftape-jit.so"; do
	ldd "$f" | awk '{ for (i = 1; i <= NF; i++) if ($i ~ /^\//) print $i }'
done | sort -u | while read -r lib; do
	mkdir -p "jail$(dirname "$lib")"
	cp -L "$lib" "jail$lib"
done
cp t.tape jail/t.tape
chmod 644 jail/t.tape
chmod 755 "$tmp" jail
inside() { TZ=Asia/Tokyo chroot --userspec=65534:65534 --groups= jail /bin/bpftape-analyze "$@"; }
inside replay /t.tape > got 2> got.err
same "text" want got
inside replay /t.tape -f json > got.json 2>> got.err
same "json" want.json got.json
inside sql /t.tape 'select comm, filename_str, uid from sys_enter_openat' > got.sql 2>> got.err
same "sql" want.sql got.sql
ok "the answers are not empty" [ "$(wc -l < want)" -gt 8 ]
finish
