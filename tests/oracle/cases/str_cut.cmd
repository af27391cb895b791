paths 3 4 5 6 20
