# Outside libraries, each as an imported target bt_dep_NAME that only its box links.
# A missing one is an error at once, with the package that has it (tests/deps.sh installs all).

function(bt_dep name package)
	find_package(PkgConfig REQUIRED)
	pkg_check_modules(${name} QUIET IMPORTED_TARGET ${name})
	if(NOT ${name}_FOUND)
		message(FATAL_ERROR "${name} is missing: apt-get install ${package}")
	endif()
	add_library(bt_dep_${name} INTERFACE)
	target_link_libraries(bt_dep_${name} INTERFACE PkgConfig::${name})
endfunction()

bt_dep(libzstd libzstd-dev)
bt_dep(libbpf libbpf-dev)
bt_dep(libelf libelf-dev)
bt_dep(libdw libdw-dev)
bt_dep(liblzma liblzma-dev)
bt_dep(sqlite3 libsqlite3-dev)
bt_dep(libseccomp libseccomp-dev)

find_path(LIBIBERTY_INCLUDE libiberty/demangle.h)
find_library(LIBIBERTY iberty)
if(NOT LIBIBERTY OR NOT LIBIBERTY_INCLUDE)
	message(FATAL_ERROR "libiberty is missing: apt-get install libiberty-dev")
endif()
add_library(bt_dep_libiberty INTERFACE)
target_include_directories(bt_dep_libiberty SYSTEM INTERFACE ${LIBIBERTY_INCLUDE})
target_link_libraries(bt_dep_libiberty INTERFACE ${LIBIBERTY})

# LLVM: 19 is what is tested; newer ones and 18 are accepted.
find_program(LLVM_CONFIG NAMES llvm-config-19 llvm-config-20 llvm-config-21 llvm-config-22
	llvm-config-18 REQUIRED)
function(llvm_ask var)
	execute_process(COMMAND ${LLVM_CONFIG} ${ARGN} OUTPUT_VARIABLE out
		OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
	set(${var} ${out} PARENT_SCOPE)
endfunction()
llvm_ask(LLVM_VERSION --version)
llvm_ask(LLVM_INCLUDE --includedir)
llvm_ask(LLVM_LIBDIR --libdir)
llvm_ask(LLVM_BINDIR --bindir)
llvm_ask(LLVM_LIBS --link-shared --libs)
string(REGEX MATCH "^[0-9]+" LLVM_MAJOR ${LLVM_VERSION})
find_program(BT_CLANG NAMES clang clang-${LLVM_MAJOR} HINTS ${LLVM_BINDIR} REQUIRED NO_DEFAULT_PATH)
message(STATUS "LLVM ${LLVM_VERSION} (${LLVM_CONFIG}), clang ${BT_CLANG}")

# bpftape-jit.so takes its part of LLVM into itself where there are archives: libLLVM.so with its
# hundred thousand names costs 60 ms to load, that part 10 ms.  A target with the property
# BT_LLVM_STATIC gets the archives, all others the library.
option(BT_LLVM_STATIC "link LLVM's archives into bpftape-jit.so where there are some" ON)
if(BT_LLVM_STATIC)
	execute_process(COMMAND ${LLVM_CONFIG} --link-static --libs orcjit passes native bpf
		OUTPUT_VARIABLE LLVM_ARCHIVES OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
	separate_arguments(LLVM_ARCHIVES UNIX_COMMAND "${LLVM_ARCHIVES}")
	list(APPEND LLVM_ARCHIVES stdc++ z zstd m)
	include(CheckCSourceCompiles)
	set(CMAKE_REQUIRED_INCLUDES ${LLVM_INCLUDE})
	set(CMAKE_REQUIRED_LINK_OPTIONS -L${LLVM_LIBDIR})
	set(CMAKE_REQUIRED_LIBRARIES ${LLVM_ARCHIVES})
	check_c_source_compiles("
#include <llvm-c/LLJIT.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>
int main(void)
{
	LLVMOrcLLJITRef jit;

	LLVMInitializeNativeTarget();
	LLVMInitializeBPFTarget();
	LLVMDisposePassBuilderOptions(LLVMCreatePassBuilderOptions());
	return LLVMOrcCreateLLJIT(&jit, 0) ? 1 : 0;
}
" BT_HAS_LLVM_ARCHIVES)
	unset(CMAKE_REQUIRED_INCLUDES)
	unset(CMAKE_REQUIRED_LINK_OPTIONS)
	unset(CMAKE_REQUIRED_LIBRARIES)
endif()

add_library(bt_dep_llvm INTERFACE)
target_include_directories(bt_dep_llvm SYSTEM INTERFACE ${LLVM_INCLUDE})
target_link_libraries(bt_dep_llvm INTERFACE
	"$<IF:$<BOOL:$<TARGET_PROPERTY:BT_LLVM_STATIC>>,${LLVM_ARCHIVES},${LLVM_LIBS}>")
target_link_directories(bt_dep_llvm INTERFACE ${LLVM_LIBDIR})
