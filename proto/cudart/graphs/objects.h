// The table of graphs, nodes, executable graphs and user objects: what a program's handle stands for. A
// handle is a number that is never used twice, so that a stale one is noticed. Its lock guards graphs/.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "cudart/abi.h"

namespace cudart::graphs {

class Graph;
class Node;
class Exec;
struct UserObject;

enum class ObjectKind : std::uint8_t { graph, node, exec, user_object };

class Objects {
  public:
    // Recursive: a user object's end may call in.
    std::recursive_mutex lock;

    std::uint64_t name(ObjectKind kind, void* object);
    void unname(std::uint64_t handle);

    // Null when the handle is not a live one of that kind.
    Graph* find(abi::CUgraph handle) const;
    Node* find(abi::CUgraphNode handle) const;
    Exec* find(abi::CUgraphExec handle) const;
    std::shared_ptr<UserObject> find(abi::CUuserObject handle) const;

    // What programs own: until they destroy it.
    void keep(std::shared_ptr<Graph> graph);
    std::shared_ptr<Graph> take(const Graph& graph);
    void keep(std::shared_ptr<Exec> exec);
    std::shared_ptr<Exec> take(const Exec& exec);
    void keep(std::shared_ptr<UserObject> object);
    void forget_user_object(std::uint64_t handle);

  private:
    struct Entry {
        ObjectKind kind;
        void* object;
    };
    void* look_up(std::uint64_t handle, ObjectKind kind) const;

    std::uint64_t next_ = 0x6772'0000'0010;
    std::unordered_map<std::uint64_t, Entry> entries_;
    std::unordered_map<std::uint64_t, std::shared_ptr<Graph>> graphs_;
    std::unordered_map<std::uint64_t, std::shared_ptr<Exec>> execs_;
    std::unordered_map<std::uint64_t, std::shared_ptr<UserObject>> user_objects_;
};

// Made at the first use and never destroyed: exit handlers still call in.
Objects& objects();

// SAFETY: handles are numbers in pointers; nothing follows them.
template <class Handle>
Handle to_handle(std::uint64_t value) {
    return reinterpret_cast<Handle>(static_cast<std::uintptr_t>(value));
}
// SAFETY: the same, the other way.
template <class Handle>
std::uint64_t to_number(Handle handle) {
    return reinterpret_cast<std::uintptr_t>(handle);
}

}  // namespace cudart::graphs
