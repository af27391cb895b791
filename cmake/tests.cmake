# Tests.  tests/DIR/test_NAME.c is one cmocka binary test_NAME, run from the source root.
#   test_*_root.c and tests/kernel/   label root: needs root and a kernel, one at a time
#   everything else in C              label unit
#   tests/cli/NAME.sh                 label cli, a test each
#   tests/{style,oracle,docs,bench,browser,vm}/run.sh
#                                     label style, oracle, docs, bench-smoke, browser, vm
# Scripts get BPFTAPE_BUILD (the build directory); exit code 77 means skipped.

bt_dep(cmocka libcmocka-dev)

set(BT_TEST_OUT ${CMAKE_BINARY_DIR}/tests)

# tests/support: files that include LLVM (target_*, *_llvm, jit_*) are a library of their own
set(BT_SUPPORT_LLVM "^tests/support/(target_|jit_|[a-z0-9_]*_llvm\\.c)")
bt_box(bt_testsupport FILES tests/support/*.c
	NOT "${BT_SUPPORT_LLVM}|^tests/support/(test_|fuzz_main)"
	LINK bt_record bt_analyze bt_dep_cmocka)
bt_box(bt_testsupport_llvm FILES tests/support/target_*.c tests/support/jit_*.c
	tests/support/*_llvm.c NOT "^tests/support/test_"
	LINK bt_target_bpf bt_target_jit bt_testsupport)

# tests/fuzz: what the targets share
bt_box(bt_fuzzsupport FILES tests/fuzz/tape_*.c LINK bt_format)

set(BT_SEES_base bt_base)
set(BT_SEES_format bt_format)
set(BT_SEES_lang bt_testsupport bt_lang)
set(BT_SEES_codegen bt_testsupport_llvm bt_codegen)
set(BT_SEES_record bt_testsupport_llvm bt_target_bpf bt_record)
set(BT_SEES_analyze bt_testsupport_llvm bt_target_jit bt_analyze)
set(BT_SEES_support bt_testsupport_llvm bt_target_jit bt_target_bpf bt_record bt_analyze
	bt_fuzzsupport)
set(BT_SEES_kernel bt_testsupport_llvm bt_target_jit bt_target_bpf bt_record bt_analyze)

# Tests of what has threads: also run under ThreadSanitizer (tests/run.sh, stage tsan), which needs
# only what target threads builds.
set(BT_THREADS test_disk test_ring test_queue test_spool test_engine test_reader kernel_threads)
add_custom_target(threads)

function(bt_test_labels name dir)
	if(name MATCHES "_root$" OR dir STREQUAL "kernel")
		set_tests_properties(${name} PROPERTIES LABELS root RUN_SERIAL TRUE)
	elseif(ARGN)
		set_tests_properties(${name} PROPERTIES LABELS ${ARGN})
	else()
		set_tests_properties(${name} PROPERTIES LABELS unit)
	endif()
	set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300
		ENVIRONMENT "BPFTAPE_BUILD=${CMAKE_BINARY_DIR}")
	if(name IN_LIST BT_THREADS)
		set_property(TEST ${name} APPEND PROPERTY LABELS threads)
	endif()
	if(TARGET ${name} AND name IN_LIST BT_THREADS)
		add_dependencies(threads ${name})
	endif()
endfunction()

set(dirs base format lang codegen record analyze support kernel)
if(BT_FUZZ)
	set(dirs "")	# preset fuzz is for the fuzzers alone
endif()
foreach(dir ${dirs})
	file(GLOB tests CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} tests/${dir}/test_*.c)
	foreach(source ${tests})
		get_filename_component(name ${source} NAME_WE)
		add_executable(${name} ${source})
		set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${BT_TEST_OUT})
		target_include_directories(${name} PRIVATE ${CMAKE_BINARY_DIR}/generated)
		target_link_libraries(${name} PRIVATE ${BT_SEES_${dir}} bt_dep_cmocka m)
		bt_link_quickly(${name})
		add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
		bt_test_labels(${name} ${dir})
		if(name MATCHES "^test_(limits|mutations)$")	# minutes with BPFTAPE_ALL
			set_tests_properties(${name} PROPERTIES TIMEOUT 1500)
		endif()
	endforeach()
endforeach()

file(GLOB scripts CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
	tests/kernel/*.sh tests/style/run.sh tests/oracle/run.sh tests/oracle/wrong.sh
	tests/diff/run.sh
	tests/vm/run.sh
	tests/docs/run.sh tests/docs/pairs.sh tests/docs/read_tape.sh
	tests/tapes/golden.sh tests/tapes/newer.sh
	tests/tapes/bad.sh
	tests/bench/run.sh tests/browser/run.sh)
set(BT_LABEL_bench bench-smoke)
set(BT_LABEL_diff oracle)
set(BT_LABEL_tapes cli)
foreach(script ${scripts})
	string(REGEX REPLACE "^tests/([a-z]+)/.*" "\\1" dir ${script})
	get_filename_component(name ${script} NAME_WE)
	if(name STREQUAL "run")
		set(name ${dir})
	elseif(name MATCHES "^(lib|common)")
		continue()
	else()
		set(name ${dir}_${name})
	endif()
	set(label ${dir})
	if(BT_LABEL_${dir})
		set(label ${BT_LABEL_${dir}})
	endif()
	add_test(NAME ${name} COMMAND bash ${script} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
	bt_test_labels(${name} ${dir} ${label})
	set_tests_properties(${name} PROPERTIES TIMEOUT 1500)
endforeach()

# The tape that is looked at in a browser.
if(NOT BT_FUZZ)
	add_executable(flame_tape tests/browser/flame_tape.c)
	set_target_properties(flame_tape PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${BT_TEST_OUT})
	target_link_libraries(flame_tape PRIVATE bt_testsupport)
	bt_link_quickly(flame_tape)
	# A tape that names paths everywhere (tests/kernel/hostile.sh).
	add_executable(hostile_tape tests/kernel/hostile_tape.c)
	set_target_properties(hostile_tape PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${BT_TEST_OUT})
	target_link_libraries(hostile_tape PRIVATE bt_testsupport)
	bt_link_quickly(hostile_tape)
	# A quota of disk space (tests/kernel/full.sh).
	add_library(quota MODULE tests/kernel/quota.c)
	set_target_properties(quota PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${BT_TEST_OUT})
	# What occurs in scripts, counted (tests/diff).
	add_executable(diff_count tests/diff/count.c)
	set_target_properties(diff_count PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${BT_TEST_OUT})
	target_link_libraries(diff_count PRIVATE bt_lang)
	bt_link_quickly(diff_count)
	# What the reader says of a tape, as text.
	add_executable(tape_dump tests/tapes/tape_dump.c)
	set_target_properties(tape_dump PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${BT_TEST_OUT})
	target_link_libraries(tape_dump PRIVATE bt_format)
	bt_link_quickly(tape_dump)
endif()

# What encoding and decoding cost (tests/bench/mix.sh).
if(NOT BT_FUZZ)
	add_executable(bench_format tests/bench/bench_format.c)
	set_target_properties(bench_format PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${BT_TEST_OUT})
	target_link_libraries(bench_format PRIVATE bt_format)
	# A tape of any size (tests/bench/big.sh).
	add_executable(big_tape tests/format/big_tape.c)
	set_target_properties(big_tape PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${BT_TEST_OUT})
	target_link_libraries(big_tape PRIVATE bt_format)
endif()

file(GLOB cases CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} tests/cli/*.sh)
list(FILTER cases EXCLUDE REGEX "/(run|lib)\\.sh$")
foreach(case ${cases})
	get_filename_component(name ${case} NAME_WE)
	add_test(NAME cli_${name} COMMAND bash tests/cli/run.sh ${name}
		WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
	bt_test_labels(cli_${name} cli cli)
endforeach()

# Fuzz targets: libFuzzer in preset fuzz, else a replay of their corpora as a plain test.
# fuzz_targets.txt has for tests/run.sh a line a target: its name, its corpora.
set(BT_FUZZ_TAPES fuzz_reader fuzz_verify fuzz_repair fuzz_sql fuzz_replay fuzz_stacks)	# a tape
set(BT_FUZZ_TABLES fuzz_tables fuzz_plan)	# input: tests/fuzz/tape_tables.h
set(BT_FUZZ_LINES "")
file(GLOB fuzzers CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} tests/fuzz/fuzz_*.c)
foreach(source ${fuzzers})
	get_filename_component(name ${source} NAME_WE)
	string(REPLACE fuzz_ tests/fuzz/corpus/ corpora ${name})
	if(name IN_LIST BT_FUZZ_TAPES)
		list(APPEND corpora tests/fuzz/corpus/tapes)
	endif()
	if(name STREQUAL "fuzz_script")
		list(APPEND corpora tests/codegen/cases tests/lang/cases/parse
			tests/lang/cases/check)
	endif()
	string(JOIN " " line ${name} ${corpora})
	string(APPEND BT_FUZZ_LINES "${line}\n")
	add_executable(${name} ${source})
	set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${BT_TEST_OUT})
	target_link_libraries(${name} PRIVATE bt_testsupport_llvm bt_target_jit bt_target_bpf
		bt_record bt_analyze bt_fuzzsupport)
	bt_link_quickly(${name})
	if(BT_FUZZ)
		target_link_options(${name} PRIVATE -fsanitize=fuzzer)
		if(name IN_LIST BT_FUZZ_TAPES)
			target_sources(${name} PRIVATE tests/fuzz/mutator_hooks.c)
		elseif(name IN_LIST BT_FUZZ_TABLES)
			target_sources(${name} PRIVATE tests/fuzz/tables_hooks.c)
		endif()
	else()
		target_sources(${name} PRIVATE tests/support/fuzz_main.c)
		add_test(NAME ${name} COMMAND ${name} ${corpora}
			WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
		bt_test_labels(${name} fuzz)
	endif()
endforeach()
file(WRITE ${CMAKE_BINARY_DIR}/fuzz_targets.txt "${BT_FUZZ_LINES}")

# Workloads: plain static programs of exactly known behaviour, used by scripts and runnable in any
# root.
file(GLOB workloads CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} tests/workload/*.c)
foreach(source ${workloads})
	get_filename_component(name ${source} NAME_WE)
	add_executable(workload_${name} ${source})
	set_target_properties(workload_${name} PROPERTIES OUTPUT_NAME ${name}
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/workload)
	if(NOT BT_SANITIZE)
		target_link_options(workload_${name} PRIVATE -static)
	endif()
	target_link_libraries(workload_${name} PRIVATE pthread)
endforeach()

foreach(name bpftape bpftape-record bpftape-analyze bpftape-bpf bpftape-jit workload_calls)
	if(TARGET ${name})
		add_dependencies(threads ${name})
	endif()
endforeach()

# An analyzer with a wrong renderer: the oracle suite has to notice (tests/oracle/wrong.sh).
if(TARGET bpftape-analyze)
	add_executable(analyze_wrong analyze/analyze_main.c tests/oracle/wrong_render.c)
	set_target_properties(analyze_wrong PROPERTIES OUTPUT_NAME bpftape-analyze
		RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/wrong/bin)
	target_link_libraries(analyze_wrong PRIVATE bt_analyze)
	target_link_options(analyze_wrong PRIVATE "-Wl,--export-dynamic-symbol=rt_*"
		-Wl,--wrap=render_find)
endif()
