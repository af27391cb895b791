# Texts that a program carries: FILE.js and FILE.css of analyze/flame become bytes of bt_analyze,
# declared in "flame/resources.h" as flame_js[], flame_js_end[] and flame_css[], flame_css_end[].

set(BT_FLAME_DIR ${CMAKE_BINARY_DIR}/generated/flame)
set(asm ${BT_FLAME_DIR}/resources.c)
set(names js css)
set(text "")
set(declared "")
foreach(name ${names})
	set(source ${CMAKE_SOURCE_DIR}/analyze/flame/flame.${name})
	string(APPEND text
"__asm__(\".pushsection .rodata\\n\"
	\".globl flame_${name}\\nflame_${name}:\\n.incbin \\\"${source}\\\"\\n\"
	\".globl flame_${name}_end\\nflame_${name}_end:\\n.byte 0\\n\"
	\".popsection\\n\");
")
	string(APPEND declared
		"extern const unsigned char flame_${name}[], flame_${name}_end[];\n")
	list(APPEND sources ${source})
endforeach()
file(CONFIGURE OUTPUT ${asm} CONTENT "${text}")
file(CONFIGURE OUTPUT ${BT_FLAME_DIR}/resources.h CONTENT
"/* generated: style and script of flame graphs */
#pragma once
${declared}")
set_source_files_properties(${asm} PROPERTIES OBJECT_DEPENDS "${sources}")
target_sources(bt_analyze PRIVATE ${asm})
target_include_directories(bt_analyze PRIVATE ${CMAKE_BINARY_DIR}/generated)
