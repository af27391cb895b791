# bpftape-bpf.so and bpftape-jit.so: all of LLVM, dlopen()ed only where a script is compiled.
#
# Run-time C that is linked into compiled scripts becomes bitcode here and is embedded:
#   record/bpf/NAME.bpf.c   -> BPF bitcode   in bt_target_bpf
#   analyze/jit/NAME.rt.c   -> host bitcode  in bt_target_jit
# Each gives a header "bitcode/NAME.h" that declares bitcode_NAME[] and bitcode_NAME_end[].

set(BT_BITCODE_DIR ${CMAKE_BINARY_DIR}/generated/bitcode)
file(MAKE_DIRECTORY ${BT_BITCODE_DIR})

function(bt_embed_bitcode target suffix source)
	get_filename_component(file ${source} NAME)
	string(REPLACE ${suffix} "" name ${file})
	set(bc ${BT_BITCODE_DIR}/${name}.bc)
	set(asm ${BT_BITCODE_DIR}/${name}_bitcode.c)
	add_custom_command(OUTPUT ${bc}
		COMMAND ${BT_CLANG} ${ARGN} -std=gnu17 -O2 -Wall -Wextra -Werror -emit-llvm
			-I${CMAKE_SOURCE_DIR} -MD -MF ${bc}.d -MT ${bc}
			-c ${CMAKE_SOURCE_DIR}/${source} -o ${bc}
		DEPENDS ${CMAKE_SOURCE_DIR}/${source}
		DEPFILE ${bc}.d
		COMMENT "Bitcode ${source}" VERBATIM)
	file(CONFIGURE OUTPUT ${BT_BITCODE_DIR}/${name}.h CONTENT
"/* generated: the bitcode of ${source} */
#pragma once
extern const unsigned char bitcode_${name}[], bitcode_${name}_end[];
")
	file(CONFIGURE OUTPUT ${asm} CONTENT
"__asm__(\".pushsection .rodata\\n\"
	\".balign 16\\n.globl bitcode_${name}\\nbitcode_${name}:\\n\"
	\".incbin \\\"${bc}\\\"\\n\"
	\".globl bitcode_${name}_end\\nbitcode_${name}_end:\\n.byte 0\\n\"
	\".popsection\\n\");
")
	set_source_files_properties(${asm} PROPERTIES OBJECT_DEPENDS ${bc})
	target_sources(${target} PRIVATE ${asm})
	target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/generated)
endfunction()

file(GLOB bpf_rt CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} record/bpf/*.bpf.c)
foreach(source ${bpf_rt})
	bt_embed_bitcode(bt_target_bpf .bpf.c ${source} -target bpf -mcpu=v3 -g -fno-stack-protector
		-D__TARGET_ARCH_x86 -I/usr/include/${CMAKE_C_LIBRARY_ARCHITECTURE})
endforeach()
file(GLOB jit_rt CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} analyze/jit/*.rt.c)
foreach(source ${jit_rt})
	bt_embed_bitcode(bt_target_jit .rt.c ${source} -fPIC)
endforeach()

# Most of a link with LLVM is reading its symbols; gold does it in a third of the time.
include(CheckLinkerFlag)
check_linker_flag(C -fuse-ld=gold BT_HAS_GOLD)
function(bt_link_quickly name)
	if(BT_HAS_GOLD AND NOT BT_FUZZ)
		target_link_options(${name} PRIVATE -fuse-ld=gold)
	endif()
endfunction()

function(bt_module name)
	file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/module_${name}.c
		CONTENT
"extern const char bt_module_version[];
const char bt_module_version[] = BT_VERSION;
")
	add_library(${name} MODULE ${CMAKE_BINARY_DIR}/module_${name}.c)
	set_target_properties(${name} PROPERTIES PREFIX ""
		LIBRARY_OUTPUT_DIRECTORY ${BT_MODULE_DIR})
	foreach(box ${ARGN})
		target_link_libraries(${name} PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,${box}>)
	endforeach()
endfunction()

# A module binds to its own copy of base/ and lang/; only rt_* of the analyzer is taken from the
# program.
bt_module(bpftape-bpf bt_target_bpf)
bt_module(bpftape-jit bt_target_jit)
if(BT_LLVM_STATIC AND BT_HAS_LLVM_ARCHIVES)
	set_target_properties(bpftape-jit PROPERTIES BT_LLVM_STATIC ON)
	file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/bpftape-jit.map CONTENT
"{ global: jit_compile; jit_clause; jit_free; bt_module_version; local: *; };
")
	target_link_options(bpftape-jit PRIVATE -Wl,--gc-sections
		-Wl,--version-script=${CMAKE_BINARY_DIR}/bpftape-jit.map)
	bt_link_quickly(bpftape-jit)
endif()
foreach(module bpftape-bpf bpftape-jit)
	target_link_options(${module} PRIVATE -Wl,-Bsymbolic)
	install(TARGETS ${module} LIBRARY DESTINATION lib/bpftape)
endforeach()
