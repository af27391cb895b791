# flame: what it cannot draw or write, it says before anything is written
tape=$(dirname "$CLI_LIB")/../tapes/good/v1_1.tape
say() {
	"$bpftape" flame "$@" 2>&1 | sed "s|$tape|TAPE|"
	echo "exit ${PIPESTATUS[0]}"
}
say "$tape"
say "$tape" -o x.html
say "$tape" -o x.png
say "$tape" -o x.svg --diff "$tape"
say "$tape" -o x.svg --min-width wide
say "$tape" -o x.svg --min-width -1
say "$tape" -o x.svg
ls
