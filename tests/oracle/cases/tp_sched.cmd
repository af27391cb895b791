execs 5
