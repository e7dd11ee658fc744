// State of a context that is changed behind the guest's back, and put back at the end of the scope. Used
// where images are made and frames are read. Engine thread, with the context current.
#pragma once
#include "gl/enums.h"
#include "gl/types.h"
#include "host/gl_table.h"

namespace engine::gl {

inline GLuint bound(const device::GlTable& table, GLenum name) {
    GLint value = 0;
    table.glGetIntegerv(name, &value);
    return static_cast<GLuint>(value);
}

// Nothing is bound to `target`, a buffer's, meanwhile.
class NoBuffer {
public:
    NoBuffer(const device::GlTable& table, GLenum target, GLenum name)
        : table_(table), target_(target), before_(bound(table, name)) {
        if (before_ != 0) table_.glBindBuffer(target_, 0);
    }
    ~NoBuffer() {
        if (before_ != 0) table_.glBindBuffer(target_, before_);
    }
    NoBuffer(const NoBuffer&) = delete;
    NoBuffer& operator=(const NoBuffer&) = delete;

private:
    const device::GlTable& table_;
    const GLenum target_;
    const GLuint before_;
};

// `capability` is off meanwhile, where this GL knows it.
class Disabled {
public:
    Disabled(const device::GlTable& table, GLenum capability)
        : table_(table), capability_(capability), before_(table.glIsEnabled(capability) != 0) {
        if (before_) table_.glDisable(capability_);
    }
    ~Disabled() {
        if (before_) table_.glEnable(capability_);
    }
    Disabled(const Disabled&) = delete;
    Disabled& operator=(const Disabled&) = delete;

private:
    const device::GlTable& table_;
    const GLenum capability_;
    const bool before_;
};

}  // namespace engine::gl
