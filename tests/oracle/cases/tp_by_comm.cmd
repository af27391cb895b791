calls 500 2
