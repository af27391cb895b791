/*
 * record/session.h -- one recording, from the command line to the closed tape.
 */
#pragma once

#include "record/options.h"

/*
 * Record.  Returns the exit code of the program (see docs/bpftape-record.1.md); what went wrong has
 * been said on stderr.  @argv: the command line, for META.
 */
int session_record(const struct record_opts *o, int argc, char **argv);
