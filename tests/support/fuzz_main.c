/*
 * tests/support/fuzz_main.c -- replay inputs through a fuzz target without libFuzzer.
 *
 * Linked with tests/fuzz/fuzz_NAME.c in every build but preset fuzz, so that each input ever kept
 * in the corpus is a plain test.  Arguments are files or folders of files; a missing folder is no
 * input.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t sz);

static int replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	long sz;
	int rc = -1;

	if (!f || fseek(f, 0, SEEK_END) < 0)
		goto fail;
	sz = ftell(f);
	/* an exact allocation, so that ASan sees a read of one byte too many */
	data = malloc(sz > 0 ? (size_t)sz : 1);
	if (sz < 0 || !data || fseek(f, 0, SEEK_SET) < 0)
		goto fail;
	if (fread(data, 1, (size_t)sz, f) != (size_t)sz)
		goto fail;
	LLVMFuzzerTestOneInput(data, (size_t)sz);
	rc = 0;
fail:
	if (rc)
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
	if (f)
		fclose(f);
	free(data);
	return rc;
}

static int replay_folder(const char *path, DIR *dir)
{
	struct dirent *e;
	char name[4096];
	int n = 0;

	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (replay_file(name) < 0)
			return -1;
		n++;
	}
	return n;
}

int main(int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++) {
		DIR *dir = opendir(argv[i]);
		int rc;

		if (dir) {
			rc = replay_folder(argv[i], dir);
			closedir(dir);
		} else if (errno == ENOENT) {
			continue;
		} else {
			rc = replay_file(argv[i]) < 0 ? -1 : 1;
		}
		if (rc < 0)
			return 1;
		n += rc;
	}
	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	printf("%d inputs replayed\n", n);
	return 0;
}
