// See library.h.
#include "library.h"

#include <dlfcn.h>

namespace guest {

void* open_library(const char* name) { return dlopen(name, RTLD_NOW | RTLD_LOCAL); }

void* find_symbol(void* library, const char* name) {
    return library == nullptr ? nullptr : dlsym(library, name);
}

}  // namespace guest
