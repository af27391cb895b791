# The three programs; each exists as soon as its main does.

function(bt_program name main)
	if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${main})
		return()
	endif()
	add_executable(${name} ${main})
	target_link_libraries(${name} PRIVATE ${ARGN})
	install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

bt_program(bpftape bpftape.c bt_base)
if(TARGET bpftape)
	target_sources(bpftape PRIVATE bpftape_run.c bpftape_options.c bpftape_child.c
		bpftape_tape.c)
endif()
bt_program(bpftape-record record/record_main.c bt_record)
bt_program(bpftape-analyze analyze/analyze_main.c bt_analyze)

if(TARGET bpftape-record)
	add_dependencies(bpftape-record bpftape-bpf)
endif()
if(TARGET bpftape-analyze)
	add_dependencies(bpftape-analyze bpftape-jit)
	# compiled scripts call the runtime by name
	target_link_options(bpftape-analyze PRIVATE "-Wl,--export-dynamic-symbol=rt_*")
endif()
# A main that appears later is noticed at the next build.
file(GLOB mains CONFIGURE_DEPENDS bpftape.c record/record_main.c analyze/analyze_main.c)
