paths 4 10
