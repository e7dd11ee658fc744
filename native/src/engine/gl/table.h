// The functions of the host's GL that are called by hand, until the generated table brings them all.
#pragma once
#include <cstdint>

#include "device/gl_driver.h"

namespace device {

struct GlTable {
    unsigned (*glGetError)() = nullptr;
    const unsigned char* (*glGetString)(unsigned) = nullptr;
    const unsigned char* (*glGetStringi)(unsigned, unsigned) = nullptr;
    void (*glGetIntegerv)(unsigned, int*) = nullptr;
    void (*glGetInteger64v)(unsigned, std::int64_t*) = nullptr;
    void (*glGetFloatv)(unsigned, float*) = nullptr;
    void (*glGetIntegeri_v)(unsigned, unsigned, int*) = nullptr;
    void (*glPixelStorei)(unsigned, int) = nullptr;
    void (*glFinish)() = nullptr;
    void (*glFlush)() = nullptr;
    void (*glGenTextures)(int, unsigned*) = nullptr;
    void (*glDeleteTextures)(int, const unsigned*) = nullptr;
    void (*glGenBuffers)(int, unsigned*) = nullptr;
    void (*glDeleteBuffers)(int, const unsigned*) = nullptr;
    void (*glGenRenderbuffers)(int, unsigned*) = nullptr;
    void (*glDeleteRenderbuffers)(int, const unsigned*) = nullptr;
    void (*glGenFramebuffers)(int, unsigned*) = nullptr;
    void (*glDeleteFramebuffers)(int, const unsigned*) = nullptr;
};

template <class Function>
void load_gl(const GlDriver& driver, const char* name, Function& function) {
    // SAFETY: the function of that name has this type; a look-up by name knows no types.
    function = reinterpret_cast<Function>(driver.find(name));
}

inline void load_gl_table(const GlDriver& driver, GlTable& table) {
    load_gl(driver, "glGetError", table.glGetError);
    load_gl(driver, "glGetString", table.glGetString);
    load_gl(driver, "glGetStringi", table.glGetStringi);
    load_gl(driver, "glGetIntegerv", table.glGetIntegerv);
    load_gl(driver, "glGetInteger64v", table.glGetInteger64v);
    load_gl(driver, "glGetFloatv", table.glGetFloatv);
    load_gl(driver, "glGetIntegeri_v", table.glGetIntegeri_v);
    load_gl(driver, "glPixelStorei", table.glPixelStorei);
    load_gl(driver, "glFinish", table.glFinish);
    load_gl(driver, "glFlush", table.glFlush);
    load_gl(driver, "glGenTextures", table.glGenTextures);
    load_gl(driver, "glDeleteTextures", table.glDeleteTextures);
    load_gl(driver, "glGenBuffers", table.glGenBuffers);
    load_gl(driver, "glDeleteBuffers", table.glDeleteBuffers);
    load_gl(driver, "glGenRenderbuffers", table.glGenRenderbuffers);
    load_gl(driver, "glDeleteRenderbuffers", table.glDeleteRenderbuffers);
    load_gl(driver, "glGenFramebuffers", table.glGenFramebuffers);
    load_gl(driver, "glDeleteFramebuffers", table.glDeleteFramebuffers);
}

}  // namespace device
