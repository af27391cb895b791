calls 321 1
