#!/usr/bin/env bash
# tests/kernel/user_stacks.sh: stacks of programs have the names that a debugger gives when it stops
# the program at the same place, also when each process has ended 2 ms after its start.
. "$(dirname "$0")/lib.sh"
command -v gdb > /dev/null && command -v gcc > /dev/null || { echo "needs gdb and gcc"; exit 77; }
n=200
prog=ustk$$
probe="tracepoint:syscalls:sys_enter_getppid /comm == \"$prog\"/"

cat > prog.c << 'C'
#include <sys/syscall.h>
#include <unistd.h>
static __attribute__((noinline)) long level_c(long n)
{
	long ret;
	/* a leaf gets a frame only if it asks for it */
	__asm__ volatile("" : : "r"(__builtin_frame_address(0)));
	__asm__ volatile("syscall" : "=a"(ret) : "a"(SYS_getppid) : "rcx", "r11", "memory");
	return ret + n;
}
__attribute__((noinline)) long level_b(long n) { return level_c(n + 1) * 3; }
static __attribute__((noinline)) long level_a(long n) { return level_b(n) + 7; }
int main(void)
{
	long x = level_a(1);
	usleep(2000);
	return x == 0;
}
C
flags="-O1 -fno-omit-frame-pointer -fno-optimize-sibling-calls"

must_record() { record "$@" || fail "recording" "$(tail -3 "$tmp/err")"; }

# Of the first stack in a printed map: names without offsets, up to main.
names_of() { sed -n '/^@\[/,/^\]/p' "$1" | sed -n '2,$s/^ *\([^+ ]*\)+.*/\1/p' | sed '/^main$/q'; }
gdb_names() {
	gdb -batch -nx -ex 'set debuginfod enabled off' -ex 'catch syscall getppid' -ex run -ex bt \
		"$1" 2> /dev/null < /dev/null | sed -n 's/^#[0-9]* .* in \([^ ]*\) ().*/\1/p' |
		sed '/^main$/q'
}
cat > loop.sh << 'S'
i=0
while [ $i -lt $1 ]; do "$2"; i=$((i + 1)); done
S

for how in "-pie" "-no-pie" "-static"; do
	gcc $flags $how -o "$prog" prog.c || exit 1
	gdb_names "./$prog" > want
	must_record -o u.tape -e "$probe { @[ustack] = count(); }" -c "sh loop.sh $n ./$prog"
	"$bpftape" replay u.tape > out
	names_of out > got
	is "$how: gdb has four names" "$(wc -l < want)" 4
	same "$how: names of $n processes of 2 ms" want got
	is "$how: all of them are one stack" "$(grep -c "^\]: $n\$" out)" 1
	is "$how: nothing is lost" "$(losses u.tape)" 0
done

gcc $flags -o "$prog" prog.c && strip "$prog"
must_record -o u.tape -e "$probe { @[ustack(1)] = count(); }" -c "./$prog"
"$bpftape" replay u.tape > out
ok "a stripped program: the file and the offset in it" grep -qE "^ *$prog\+0x[0-9a-f]+\$" out
at=$(sed -n "s/^ *$prog+0x\([0-9a-f]*\)\$/\1/p" out)
# what follows the instruction at that offset of the file: syscall is 0f 05
is "that offset is behind a system call" \
	"$(od -An -tx1 -j $((0x$at - 2)) -N 2 "$prog" | tr -d ' ')" 0f05

# a library that a long-lived process opens, and a process that was there before the recording
cat > lib.c << 'C'
#include <unistd.h>
#include <sys/syscall.h>
long of_library(void)
{
	long ret;
	/* a leaf gets a frame only if it asks for it */
	__asm__ volatile("" : : "r"(__builtin_frame_address(0)));
	__asm__ volatile("syscall" : "=a"(ret) : "a"(SYS_getppid) : "rcx", "r11", "memory");
	return ret;
}
C
cat > late.c << 'C'
#include <dlfcn.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	for (int i = 0; i < 300; i++) {
		void *h = dlopen(argv[1], RTLD_NOW);
		long (*fn)(void) = h ? (long (*)(void))dlsym(h, "of_library") : 0;

		if (fn)
			fn();
		usleep(100000);
	}
	return 0;
}
C
gcc $flags -shared -fPIC -o lib.so lib.c && gcc $flags -o "$prog" late.c || exit 1
"./$prog" ./lib.so &
before=$!
sleep 0.3
must_record -d 1s -o u.tape -e "$probe { @[ustack] = count(); }"
"$bpftape" replay u.tape > out
is "a process that was there before" "$(names_of out | tr '\n' ' ')" "of_library main "
is "no name is missing unsaid" "$(grep -c 'no names' err)" 0
unshare --pid --fork --mount-proc "$bpftape" record --force -d 200ms -o ns.tape \
	-e "$probe { @[ustack] = count(); }" 2> err
is "in another PID namespace: no names, and why" \
	"$(grep -c 'no names of user functions: not in the initial PID namespace' err)" 1
kill $before 2> /dev/null
wait $before 2> /dev/null
finish
