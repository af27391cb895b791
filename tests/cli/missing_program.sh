use_fakes
"$bpftape" info x.tape 2>&1 | sed "s|$WORK|WORK|"
exit "${PIPESTATUS[0]}"
