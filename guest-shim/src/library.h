// Libraries of the system that the shim uses where the program runs with them, and that it must not need:
// they are opened when something of theirs is first wanted. Thread-safe.
#pragma once

namespace guest {

// The library with its names bound; null where it is not installed. Never closed.
void* open_library(const char* name);
// The address of a name; null where the library has none.
void* find_symbol(void* library, const char* name);

// Sets `function` to what `library` calls `name`. False where there is none.
template <class Function>
bool find(void* library, const char* name, Function*& function) {
    // SAFETY: the caller declares the function as the library's header does.
    function = reinterpret_cast<Function*>(find_symbol(library, name));
    return function != nullptr;
}

}  // namespace guest
