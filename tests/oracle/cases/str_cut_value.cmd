paths 30
