// Handles that programs hold: addresses of 16-byte slots in one reserved slab, so that any value at all can
// be checked without following it. Used by every entry; owned by the Device. Owns no object.
#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>

#include "soft/memory/bytes_unsafe.h"

namespace soft::driver {

class Context;
class Module;
class Library;
struct Stream;
struct Event;
struct ModuleFunction;
struct LibraryKernel;
class Array;
class Mipmap;
class Pool;
class Graph;
class GraphNode;
class GraphExec;
class LinkState;
struct TextureObject;
struct SurfaceObject;

enum class HandleKind : std::uint32_t {
    none,
    context,
    stream,
    event,
    module,
    function,
    library,
    kernel,
    array,
    mipmap,
    pool,
    graph,
    graph_node,
    graph_exec,
    link,
    texture,
    surface,
};

template <class T>
inline constexpr HandleKind kKindOf = HandleKind::none;
template <>
inline constexpr HandleKind kKindOf<Context> = HandleKind::context;
template <>
inline constexpr HandleKind kKindOf<Stream> = HandleKind::stream;
template <>
inline constexpr HandleKind kKindOf<Event> = HandleKind::event;
template <>
inline constexpr HandleKind kKindOf<Module> = HandleKind::module;
template <>
inline constexpr HandleKind kKindOf<ModuleFunction> = HandleKind::function;
template <>
inline constexpr HandleKind kKindOf<Library> = HandleKind::library;
template <>
inline constexpr HandleKind kKindOf<LibraryKernel> = HandleKind::kernel;
template <>
inline constexpr HandleKind kKindOf<Array> = HandleKind::array;
template <>
inline constexpr HandleKind kKindOf<Mipmap> = HandleKind::mipmap;
template <>
inline constexpr HandleKind kKindOf<Pool> = HandleKind::pool;
template <>
inline constexpr HandleKind kKindOf<Graph> = HandleKind::graph;
template <>
inline constexpr HandleKind kKindOf<GraphNode> = HandleKind::graph_node;
template <>
inline constexpr HandleKind kKindOf<GraphExec> = HandleKind::graph_exec;
template <>
inline constexpr HandleKind kKindOf<LinkState> = HandleKind::link;
template <>
inline constexpr HandleKind kKindOf<TextureObject> = HandleKind::texture;
template <>
inline constexpr HandleKind kKindOf<SurfaceObject> = HandleKind::surface;

class HandleTable {
  public:
    bool open();

    // A handle for `object`; 0 when four million are in use.
    template <class T>
    std::uint64_t add(T* object) {
        return take(kKindOf<T>, object);
    }
    // Lets `handle` name another object of the same kind.
    void redirect(std::uint64_t handle, void* object);
    void remove(std::uint64_t handle);

    // The object, or null when `handle` is not a live handle of that kind.
    template <class T, class Handle>
    T* find(Handle handle) const {
        return static_cast<T*>(look_up(address_of(handle), kKindOf<T>));
    }
    template <class T>
    T* at(std::uint64_t handle) const {
        return static_cast<T*>(look_up(handle, kKindOf<T>));
    }

  private:
    struct Slot {
        std::atomic<HandleKind> kind;
        std::atomic<void*> object;
    };
    std::uint64_t take(HandleKind kind, void* object);
    void* look_up(std::uint64_t handle, HandleKind kind) const;

    Slot* slots_ = nullptr;
    std::mutex mutex_;
    std::uint64_t next_ = 1;
    std::deque<std::uint64_t> free_;  // reused late, so that a stale handle is noticed and not mistaken
};

}  // namespace soft::driver
