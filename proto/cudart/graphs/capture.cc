// See capture.h. Which mistake answers which error, and ends which capture, follows the chapters "Stream
// Capture" and "Prohibited and Unhandled Operations" of the CUDA C++ Programming Guide.
#include "cudart/graphs/capture.h"

#include <algorithm>
#include <unordered_set>

#include "cudart/graphs/objects.h"

namespace cudart::graphs {
namespace {

using Guard = std::lock_guard<std::recursive_mutex>;

void unite(std::vector<Link>& ends, const std::vector<Link>& more) {
    for (const Link& link : more) {
        const bool there = std::ranges::any_of(ends, [&](const Link& end) { return end.node == link.node; });
        if (!there) ends.push_back(link);
    }
}

abi::CUresult invalidate(Capture& capture, abi::CUresult why) {
    capture.invalid = true;
    return why;
}

}  // namespace

Captures& captures() {
    static Captures* const all = new Captures;
    return *all;
}

void Captures::count() {
    any_.store(static_cast<std::uint32_t>(captures_.size() + events_.size()), std::memory_order_relaxed);
}

Capture* Captures::by_id(std::uint64_t id) {
    const auto found = captures_.find(id);
    return found == captures_.end() ? nullptr : found->second.get();
}

Capture* Captures::of_stream(std::uint64_t stream) {
    const auto found = by_stream_.find(stream);
    return found == by_stream_.end() ? nullptr : by_id(found->second);
}

abi::CUresult Captures::begin(Backend& backend, const StreamName& stream, abi::CUstreamCaptureMode mode,
                              std::shared_ptr<Graph> graph, std::vector<Link> ends) {
    if (stream.legacy) return abi::CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
    if (of_stream(stream.id) != nullptr) return abi::CUDA_ERROR_ILLEGAL_STATE;
    auto capture = std::make_unique<Capture>();
    capture->id = next_id_++;
    capture->own_graph = graph == nullptr;
    capture->graph = graph != nullptr ? std::move(graph) : Graph::make(true);
    capture->mode = mode;
    capture->thread = backend.thread();
    capture->origin = stream.id;
    capture->context = stream.context;
    capture->branches.emplace(stream.id, Capture::Branch{std::move(ends), stream.blocking});
    by_stream_.emplace(stream.id, capture->id);
    captures_.emplace(capture->id, std::move(capture));
    count();
    return abi::CUDA_SUCCESS;
}

// Whether everything other streams did lies before the end of the stream that began.
bool Captures::joined(const Capture& capture) const {
    std::vector<const Node*> open;
    for (const Link& link : capture.branches.at(capture.origin).ends) open.push_back(link.node);
    std::unordered_set<const Node*> before(open.begin(), open.end());
    while (!open.empty()) {
        const Node* node = open.back();
        open.pop_back();
        for (const Link& link : node->needs) {
            if (before.insert(link.node).second) open.push_back(link.node);
        }
    }
    return std::ranges::all_of(capture.branches, [&](const auto& branch) {
        return std::ranges::all_of(branch.second.ends,
                                   [&](const Link& link) { return before.contains(link.node); });
    });
}

void Captures::close(const Capture& capture) {
    for (const auto& [stream, branch] : capture.branches) by_stream_.erase(stream);
    captures_.erase(capture.id);
    count();
}

abi::CUresult Captures::end(Backend& backend, const StreamName& stream, abi::CUgraph* graph) {
    Capture* capture = of_stream(stream.id);
    if (capture == nullptr) return abi::CUDA_ERROR_ILLEGAL_STATE;
    if (capture->origin != stream.id) return abi::CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
    const bool any_thread = capture->mode == abi::CU_STREAM_CAPTURE_MODE_RELAXED;
    if (!any_thread && capture->thread != backend.thread())
        return abi::CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD;
    abi::CUresult result = abi::CUDA_SUCCESS;
    if (capture->invalid) {
        result = abi::CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    } else if (!joined(*capture)) {
        result = abi::CUDA_ERROR_STREAM_CAPTURE_UNJOINED;
    }
    if (graph != nullptr) *graph = nullptr;
    if (result == abi::CUDA_SUCCESS) {
        if (graph != nullptr) *graph = to_handle<abi::CUgraph>(capture->graph->handle);
        if (capture->own_graph) objects().keep(capture->graph);
    }
    close(*capture);
    return result;
}

abi::CUresult Captures::find(const StreamName& stream, Capture*& capture) {
    capture = of_stream(stream.id);
    if (capture != nullptr || !stream.legacy) return abi::CUDA_SUCCESS;
    for (const auto& [id, other] : captures_) {
        if (other->context != stream.context || other->invalid) continue;
        const bool forbids =
            std::ranges::any_of(other->branches, [](const auto& branch) { return branch.second.blocking; });
        if (forbids) return abi::CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
    }
    return abi::CUDA_SUCCESS;
}

Node& Captures::append(Capture& capture, Capture::Branch& branch, Work work) {
    Node& node = capture.graph->add(std::move(work));
    for (const Link& link : branch.ends) capture.graph->link(*link.node, node, link.data);
    branch.ends = {{&node, {}}};
    return node;
}

Diverted Captures::work(Backend& backend, const StreamName& stream, const Make& make, bool blocking) {
    const auto there = [&make](Graph&, const std::vector<Link>&, Work& work) { return make(work); };
    return work_there(backend, stream, there, blocking);
}

Diverted Captures::work_there(Backend& backend, const StreamName& stream, const MakeThere& make,
                              bool blocking) {
    if (!any()) return std::nullopt;
    const Guard guard(objects().lock);
    Capture* capture = nullptr;
    if (find(stream, capture) != abi::CUDA_SUCCESS) {
        for (const auto& [id, other] : captures_) {
            const bool forbids = std::ranges::any_of(
                other->branches, [](const auto& branch) { return branch.second.blocking; });
            if (other->context == stream.context && forbids) other->invalid = true;
        }
        return abi::CUDA_ERROR_STREAM_CAPTURE_IMPLICIT;
    }
    if (capture == nullptr) return blocking ? unsafe(backend) : std::nullopt;
    if (capture->invalid) return abi::CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    if (blocking) return invalidate(*capture, abi::CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    Work work;
    Capture::Branch& branch = capture->branches.at(stream.id);
    const abi::CUresult made = make(*capture->graph, branch.ends, work);
    if (made == abi::CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED) return invalidate(*capture, made);
    if (made != abi::CUDA_SUCCESS) return made;
    append(*capture, branch, std::move(work));
    return abi::CUDA_SUCCESS;
}

Diverted Captures::record(const StreamName& stream, abi::CUevent event, bool external) {
    if (!any()) return std::nullopt;
    const Guard guard(objects().lock);
    Capture* capture = nullptr;
    if (const abi::CUresult found = find(stream, capture); found != abi::CUDA_SUCCESS) return found;
    if (capture == nullptr) {
        event_gone(event);
        return std::nullopt;
    }
    if (capture->invalid) return abi::CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    Capture::Branch& branch = capture->branches.at(stream.id);
    if (external) {
        append(*capture, branch, EventRecordWork{event});
    } else {
        events_[to_number(event)] = {capture->id, branch.ends};
        count();
    }
    return abi::CUDA_SUCCESS;
}

Diverted Captures::wait(const StreamName& stream, abi::CUevent event, bool external) {
    if (!any()) return std::nullopt;
    const Guard guard(objects().lock);
    Capture* capture = of_stream(stream.id);
    if (capture != nullptr && capture->invalid) return abi::CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    if (external && capture != nullptr) {
        append(*capture, capture->branches.at(stream.id), EventWaitWork{event});
        return abi::CUDA_SUCCESS;
    }
    const auto point = events_.find(to_number(event));
    if (point == events_.end()) {
        if (capture == nullptr) return std::nullopt;
        return invalidate(*capture, abi::CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
    }
    Capture* other = by_id(point->second.capture);
    if (other == nullptr) {
        if (capture != nullptr) capture->invalid = true;
        return abi::CUDA_ERROR_STREAM_CAPTURE_ISOLATION;
    }
    if (other->invalid) return abi::CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    if (stream.legacy) return invalidate(*other, abi::CUDA_ERROR_STREAM_CAPTURE_IMPLICIT);
    if (capture != nullptr && capture != other) {
        other->invalid = true;
        return invalidate(*capture, abi::CUDA_ERROR_STREAM_CAPTURE_MERGE);
    }
    if (capture == nullptr) {
        other->branches.emplace(stream.id, Capture::Branch{{}, stream.blocking});
        by_stream_.emplace(stream.id, other->id);
    }
    unite(other->branches.at(stream.id).ends, point->second.ends);
    return abi::CUDA_SUCCESS;
}

Diverted Captures::ask_stream(const StreamName& stream) {
    if (!any()) return std::nullopt;
    const Guard guard(objects().lock);
    Capture* capture = nullptr;
    if (const abi::CUresult found = find(stream, capture); found != abi::CUDA_SUCCESS) {
        for (const auto& [id, other] : captures_) {
            if (other->context == stream.context) other->invalid = true;
        }
        return found;
    }
    if (capture == nullptr) return std::nullopt;
    if (capture->invalid) return abi::CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    return invalidate(*capture, abi::CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
}

Diverted Captures::ask_event(abi::CUevent event) {
    if (!any()) return std::nullopt;
    const Guard guard(objects().lock);
    const auto point = events_.find(to_number(event));
    if (point == events_.end()) return std::nullopt;
    if (Capture* capture = by_id(point->second.capture)) capture->invalid = true;
    return abi::CUDA_ERROR_CAPTURED_EVENT;
}

Diverted Captures::ask_context(std::uint64_t context) {
    if (!any()) return std::nullopt;
    const Guard guard(objects().lock);
    bool forbidden = false;
    for (const auto& [id, capture] : captures_) {
        if (capture->context != context) continue;
        capture->invalid = true;
        forbidden = true;
    }
    if (!forbidden) return std::nullopt;
    return abi::CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

Diverted Captures::unsafe(Backend& backend) {
    if (!any()) return std::nullopt;
    const Guard guard(objects().lock);
    const abi::CUstreamCaptureMode mode = backend.capture_mode();
    if (mode == abi::CU_STREAM_CAPTURE_MODE_RELAXED) return std::nullopt;
    const std::uint64_t thread = backend.thread();
    bool forbidden = false;
    for (const auto& [id, capture] : captures_) {
        const bool own = capture->thread == thread && capture->mode != abi::CU_STREAM_CAPTURE_MODE_RELAXED;
        const bool global =
            mode == abi::CU_STREAM_CAPTURE_MODE_GLOBAL && capture->mode == abi::CU_STREAM_CAPTURE_MODE_GLOBAL;
        if (!own && !global) continue;
        capture->invalid = true;
        forbidden = true;
    }
    if (!forbidden) return std::nullopt;
    return abi::CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

bool Captures::holds(const Graph& graph) const {
    return std::ranges::any_of(captures_,
                               [&](const auto& entry) { return entry.second->graph.get() == &graph; });
}

// The stream that began the capture leaves it nowhere to go on; of another one, what it did stays and has to
// be joined.
void Captures::stream_gone(std::uint64_t stream) {
    if (!any()) return;
    const Guard guard(objects().lock);
    Capture* capture = of_stream(stream);
    if (capture == nullptr) return;
    if (capture->origin == stream) return close(*capture);
    by_stream_.erase(stream);
}

void Captures::event_gone(abi::CUevent event) {
    if (!any()) return;
    const Guard guard(objects().lock);
    events_.erase(to_number(event));
    count();
}

void Captures::context_gone(std::uint64_t context) {
    if (!any()) return;
    const Guard guard(objects().lock);
    std::vector<const Capture*> gone;
    for (const auto& [id, capture] : captures_) {
        if (capture->context == context) gone.push_back(capture.get());
    }
    for (const Capture* capture : gone) close(*capture);
}

}  // namespace cudart::graphs
