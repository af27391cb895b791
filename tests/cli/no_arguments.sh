# nothing to do is a usage error; the help is no answer, so it goes to stderr
"$bpftape"
