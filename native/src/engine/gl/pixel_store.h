// What glPixelStore of one context says. Images of records and replies are tight, and the guest tells the
// host another layout only around calls that read or write a buffer. One that lies would have the driver
// reach past a record or a frame, so whoever hands the driver memory of ours asks here first. Engine thread.
#pragma once
#include <map>

#include "gl/types.h"
#include "host/gl_table.h"

namespace engine::gl {

class PixelStore {
  public:
    // Tells GL, and learns what it then has: between glBegin and glEnd it refuses.
    void set(const device::GlTable& table, GLenum name, GLint value);
    // Whether an image lies without gaps, in the order of the machine: read by GL, and written by GL.
    bool unpacks_tightly() const { return loose_[0].empty(); }
    bool packs_tightly() const { return loose_[1].empty(); }

    // GL writes images tightly meanwhile. With the context current.
    class Packed {
      public:
        Packed(const device::GlTable& table, const PixelStore& store);
        ~Packed();
        Packed(const Packed&) = delete;
        Packed& operator=(const Packed&) = delete;

      private:
        const device::GlTable& table_;
        const PixelStore& store_;
    };

  private:
    std::map<GLenum, GLint> loose_[2];  // what is not tight: unpacking, packing
};

}  // namespace engine::gl
