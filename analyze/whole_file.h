/*
 * analyze/whole_file.h -- a file that appears under its name once it is whole, or not at all.
 */
#pragma once

#include "base/err.h"

struct whole_file {
	const char *name; /* as given; borrowed */
	int fd; /* to read and to write; mode 0600 */
	char *part; /* its name for the time being; NULL: it has none */
	bool replaces;
};

/*
 * @replaces: an existing file of that name is replaced at the end, else it is -EEXIST.  One at a
 * time: a signal that ends the process removes it.
 */
int whole_file_open(const char *name, bool replaces, struct whole_file *ret, struct err *err);
/* Give it its name.  -EEXIST: meanwhile there is one. */
int whole_file_keep(struct whole_file *f, struct err *err);
/* Closes; what was not kept is gone. */
void whole_file_close(struct whole_file *f);

/* A file without a name in the folder of @name, for what is needed until the end. */
int whole_file_scratch(const char *name, struct err *err);
