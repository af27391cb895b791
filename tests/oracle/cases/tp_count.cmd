calls 1234 1
