calls 100 1
