rw 40
