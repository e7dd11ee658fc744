// Loading of code: from a program's pointer to a module or library with known kernels. One round trip carries
// the image; what its reply says is kept, so that later questions about kernels are answered here.
#pragma once
#include <cstddef>
#include <span>

#include "cudart/abi.h"
#include "objects.h"

namespace guest {

class Session;

// The compile options of a load, as the program gave them.
struct JitOptions {
    unsigned count = 0;
    const abi::CUjit_option* options = nullptr;
    void** values = nullptr;
};

// Loads what `image` points at (wrapper, fatbin, ELF or PTX) as a module of the current context, or as a
// library.
abi::CUresult load_image(Session& session, const void* image, const JitOptions& options, bool as_library,
                         Image*& made);
// The same for a file of the guest. CUDA_ERROR_FILE_NOT_FOUND when it cannot be read.
abi::CUresult load_file(Session& session, const char* path, const JitOptions& options, bool as_library,
                        Image*& made);

Image* find_image(Session& session, wire::HandleKind kind, wire::Handle handle);
Function* find_function(Session& session, wire::Handle handle);  // a function or a kernel

// The function (of a module) or kernel (of a library) of that name, named to the host at the first question.
abi::CUresult name_kernel(Session& session, Image& image, const char* name, wire::Handle& handle);
// A variable of the image; asked once.
abi::CUresult find_variable(Session& session, Image& image, const char* name, Variable& variable);
// Ends the names of an image and of its kernels and frees both.
void forget_image(Session& session, wire::HandleKind kind, Image& image);

}  // namespace guest
