calls 50 1
