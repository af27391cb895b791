"$bpftape" --version | grep -xE 'bpftape [0-9]+\.[0-9]+\.[0-9]+' >/dev/null && echo "one line"
[ "$("$bpftape" -V)" = "$("$bpftape" --version)" ] && echo "same"
