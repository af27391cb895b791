# The boxes.  What a box links is what it may include; tests/style checks the includes themselves.

# bt_box(NAME LINK lib... FILES globs... [NOT regex])
function(bt_box name)
	cmake_parse_arguments(B "" "NOT" "LINK;FILES" ${ARGN})
	file(GLOB src CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${B_FILES})
	if(B_NOT)
		list(FILTER src EXCLUDE REGEX ${B_NOT})
	endif()
	add_library(${name} STATIC ${src})
	target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
	target_link_libraries(${name} PUBLIC ${B_LINK})
endfunction()

find_package(Threads REQUIRED)

bt_box(bt_base FILES base/*.c)
bt_box(bt_format FILES format/*.c LINK bt_base bt_dep_libzstd)
bt_box(bt_lang FILES lang/*.c LINK bt_base m)
bt_box(bt_codegen FILES lang/codegen/*.c LINK bt_lang bt_dep_llvm)

# record/ without its main and without the files that include LLVM
set(BT_RECORD_LLVM "^record/(target_bpf|bpf_emit)")
# what compiler and recorder share
set(image_files "image|row_layout|machine_facts|btf_scan|ktypes|features|syscall_nr|tp_event")
set(BT_RECORD_IMAGE "^record/(${image_files})")
bt_box(bt_image FILES record/image.c record/row_layout.c record/machine_facts.c record/btf_scan.c
	record/ktypes.c record/ktypes_name.c record/ktypes_enum.c record/features.c
	record/syscall_nr.c record/tp_event.c
	LINK bt_lang bt_dep_libbpf bt_dep_libelf)
bt_box(bt_record FILES record/*.c
	NOT "${BT_RECORD_LLVM}|${BT_RECORD_IMAGE}|^record/record_main"
	LINK bt_image bt_format bt_lang bt_dep_libbpf bt_dep_libelf bt_dep_liblzma
		Threads::Threads)
bt_box(bt_target_bpf FILES record/target_bpf*.c record/bpf_emit*.c
	LINK bt_image bt_codegen bt_lang bt_dep_libelf bt_dep_libbpf)

bt_box(bt_analyze FILES analyze/*.c analyze/sql/*.c analyze/symbol/*.c analyze/export/*.c
	analyze/flame/*.c NOT "^analyze/analyze_main"
	LINK bt_format bt_lang bt_dep_sqlite3 bt_dep_libseccomp bt_dep_libelf bt_dep_libdw
	bt_dep_libiberty
	Threads::Threads m)
bt_box(bt_target_jit FILES analyze/jit/*.c NOT "\\.rt\\.c$" LINK bt_codegen bt_lang)
