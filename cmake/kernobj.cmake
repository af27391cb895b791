# BPF programs of the recorder itself (not of a script): record/bpf/NAME.kern.c becomes an ELF
# object, embedded in bt_record and loaded with libbpf.  Each gives a header "kernobj/NAME.h" that
# declares kernobj_NAME[] and kernobj_NAME_end[].

set(BT_KERNOBJ_DIR ${CMAKE_BINARY_DIR}/generated/kernobj)
file(MAKE_DIRECTORY ${BT_KERNOBJ_DIR})
find_program(BT_LLVM_STRIP NAMES llvm-strip llvm-strip-${LLVM_MAJOR}
	HINTS ${LLVM_BINDIR} REQUIRED NO_DEFAULT_PATH)

function(bt_embed_kernobj target source)
	get_filename_component(name ${source} NAME)
	string(REPLACE .kern.c "" name ${name})
	set(obj ${BT_KERNOBJ_DIR}/${name}.o)
	set(asm ${BT_KERNOBJ_DIR}/${name}_kernobj.c)
	add_custom_command(OUTPUT ${obj}
		COMMAND ${BT_CLANG} -target bpf -mcpu=v3 -g -O2 -std=gnu17
			-Wall -Wextra -Werror -Wno-unused-parameter
			-D__TARGET_ARCH_x86 -I${CMAKE_SOURCE_DIR}
			-I/usr/include/${CMAKE_C_LIBRARY_ARCHITECTURE}
			-MD -MF ${obj}.d -MT ${obj} -c ${CMAKE_SOURCE_DIR}/${source} -o ${obj}
		COMMAND ${BT_LLVM_STRIP} -g ${obj}
		DEPENDS ${CMAKE_SOURCE_DIR}/${source}
		DEPFILE ${obj}.d
		COMMENT "BPF object ${source}" VERBATIM)
	file(CONFIGURE OUTPUT ${BT_KERNOBJ_DIR}/${name}.h CONTENT
"/* generated: the BPF object of ${source} */
#pragma once
extern const unsigned char kernobj_${name}[], kernobj_${name}_end[];
")
	file(CONFIGURE OUTPUT ${asm} CONTENT
"__asm__(\".pushsection .rodata\\n\"
	\".balign 16\\n.globl kernobj_${name}\\nkernobj_${name}:\\n\"
	\".incbin \\\"${obj}\\\"\\n\"
	\".globl kernobj_${name}_end\\nkernobj_${name}_end:\\n.byte 0\\n\"
	\".popsection\\n\");
")
	set_source_files_properties(${asm} PROPERTIES OBJECT_DEPENDS ${obj})
	target_sources(${target} PRIVATE ${asm})
	target_include_directories(${target} PUBLIC ${CMAKE_BINARY_DIR}/generated)
endfunction()

file(GLOB kernobjs CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} record/bpf/*.kern.c)
foreach(source ${kernobjs})
	bt_embed_kernobj(bt_record ${source})
endforeach()
