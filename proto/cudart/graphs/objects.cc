// See objects.h.
#include "cudart/graphs/objects.h"

#include "cudart/graphs/exec.h"
#include "cudart/graphs/graph.h"

namespace cudart::graphs {

Objects& objects() {
    static Objects* const table = new Objects;
    return *table;
}

std::uint64_t Objects::name(ObjectKind kind, void* object) {
    const std::uint64_t handle = next_;
    next_ += 16;
    entries_.emplace(handle, Entry{kind, object});
    return handle;
}

void Objects::unname(std::uint64_t handle) {
    if (handle != 0) entries_.erase(handle);
}

void* Objects::look_up(std::uint64_t handle, ObjectKind kind) const {
    const auto found = entries_.find(handle);
    return found == entries_.end() || found->second.kind != kind ? nullptr : found->second.object;
}

Graph* Objects::find(abi::CUgraph handle) const {
    return static_cast<Graph*>(look_up(to_number(handle), ObjectKind::graph));
}
Node* Objects::find(abi::CUgraphNode handle) const {
    return static_cast<Node*>(look_up(to_number(handle), ObjectKind::node));
}
Exec* Objects::find(abi::CUgraphExec handle) const {
    return static_cast<Exec*>(look_up(to_number(handle), ObjectKind::exec));
}
std::shared_ptr<UserObject> Objects::find(abi::CUuserObject handle) const {
    const auto found = user_objects_.find(to_number(handle));
    return found == user_objects_.end() ? nullptr : found->second;
}

void Objects::keep(std::shared_ptr<Graph> graph) { graphs_.emplace(graph->handle, std::move(graph)); }
void Objects::keep(std::shared_ptr<Exec> exec) { execs_.emplace(exec->handle, std::move(exec)); }
void Objects::keep(std::shared_ptr<UserObject> object) {
    user_objects_.emplace(object->handle, std::move(object));
}

std::shared_ptr<Graph> Objects::take(const Graph& graph) {
    auto taken = graphs_.extract(graph.handle);
    return taken.empty() ? nullptr : std::move(taken.mapped());
}

std::shared_ptr<Exec> Objects::take(const Exec& exec) {
    auto taken = execs_.extract(exec.handle);
    return taken.empty() ? nullptr : std::move(taken.mapped());
}

void Objects::forget_user_object(std::uint64_t handle) {
    unname(handle);
    user_objects_.erase(handle);
}

}  // namespace cudart::graphs
