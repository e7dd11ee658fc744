// Buffers that stay mapped while GL works with them. The program has memory of the guest's, and what both
// ends hold is kept beside it: what the program has written since crosses before a record that may read
// buffers, and what the host has written is fetched when the program has waited for it. Only bytes that have
// changed move, in both directions, so that neither end undoes the other's work. A map that the program
// flushes itself needs no account. A share group's; thread-safe.
#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <unordered_map>

#include "futex.h"
#include "gl/dirty_pages.h"
#include "gl/types.h"

namespace guest::gl {

class Context;

class PersistentMaps {
  public:
    // Of a mapping: bytes of its buffer.
    struct Range {
        GLintptr offset = 0;
        GLsizeiptr length = 0;
        GLbitfield access = 0;
    };

    ~PersistentMaps();

    // Whether there are any: asked before every draw.
    bool any() const { return count_.load(std::memory_order_relaxed) != 0; }

    // Memory for all `size` bytes of a buffer, with what is in it where that matters; null: there is none.
    // `host_writes`: the host may write there when it pleases.
    std::byte* open(Context& context, GLuint buffer, GLsizeiptr size, const Range& range, bool host_writes);
    // The mapping is over: what it holds is sent first.
    void close(Context& context, GLuint buffer);
    // The buffer is no more.
    void drop(GLuint buffer);

    // Before a record that may read buffers or write them: what the program has written crosses.
    void send_written(Context& context);
    // The program has waited for the host: what the host has written becomes the program's.
    void fetch_written(Context& context);
    // A call of the program's puts `data` there.
    void put(Context& context, GLuint buffer, GLintptr offset, GLsizeiptr size, const void* data);
    // The host writes there: once, or when it pleases.
    void note_host_writes(GLuint buffer, bool always);

  private:
    struct Map {
        std::byte* memory = nullptr;
        std::size_t room = 0;  // bytes of it
        GLsizeiptr size = 0;
        Range range;
        bool is_told = false;   // the program flushes what it writes
        bool is_stale = false;  // the host has written
        bool is_always_stale = false;
        std::unique_ptr<std::byte[]> agreed;  // what both ends hold; null where the program flushes
        DirtyPages pages;
    };

    bool send(Context& context, GLuint buffer, Map& map);
    void fetch(Context& context, GLuint buffer, Map& map);
    static void release(Map& map);

    Mutex mutex_;
    std::atomic<std::size_t> count_{0};
    std::unordered_map<GLuint, Map> maps_;
};

}  // namespace guest::gl
