// See dot.h.
#include "cudart/graphs/dot.h"

#include <cinttypes>
#include <cstdio>
#include <string>

#include "cudart/graphs/memory.h"

namespace cudart::graphs {
namespace {

constexpr const char* kNames[] = {"EMPTY", "KERNEL",       "MEMCPY",     "MEMSET",      "HOST",
                                  "GRAPH", "EVENT_RECORD", "WAIT_EVENT", "BATCH_MEM_OP", "MEM_ALLOC",
                                  "MEM_FREE", "CONDITIONAL"};

std::string details(const Work& work, unsigned flags) {
    char text[160] = "";
    const bool all = (flags & abi::CU_GRAPH_DEBUG_DOT_FLAGS_VERBOSE) != 0;
    const auto asked = [&](unsigned flag) { return all || (flags & flag) != 0; };
    if (const auto* kernel = std::get_if<KernelWork>(&work);
        kernel != nullptr && asked(abi::CU_GRAPH_DEBUG_DOT_FLAGS_KERNEL_NODE_PARAMS)) {
        const auto& p = kernel->params;
        std::snprintf(text, sizeof text, "\\n<<<(%u,%u,%u),(%u,%u,%u),%u>>>", p.gridDimX, p.gridDimY,
                      p.gridDimZ, p.blockDimX, p.blockDimY, p.blockDimZ, p.sharedMemBytes);
    } else if (const auto* copy = std::get_if<CopyWork>(&work);
               copy != nullptr && asked(abi::CU_GRAPH_DEBUG_DOT_FLAGS_MEMCPY_NODE_PARAMS)) {
        std::snprintf(text, sizeof text, "\\n%zu x %zu x %zu bytes", copy->box.WidthInBytes, copy->box.Height,
                      copy->box.Depth);
    } else if (const auto* fill = std::get_if<FillWork>(&work);
               fill != nullptr && asked(abi::CU_GRAPH_DEBUG_DOT_FLAGS_MEMSET_NODE_PARAMS)) {
        std::snprintf(text, sizeof text, "\\n%zu x %zu of %u bytes at 0x%llx: %u", fill->params.width,
                      fill->params.height, fill->params.elementSize, fill->params.dst, fill->params.value);
    } else if (const auto* alloc = std::get_if<AllocWork>(&work);
               alloc != nullptr && asked(abi::CU_GRAPH_DEBUG_DOT_FLAGS_MEM_ALLOC_NODE_PARAMS)) {
        std::snprintf(text, sizeof text, "\\n%zu bytes at 0x%llx", alloc->params.bytesize,
                      alloc->params.dptr);
    } else if (const auto* end = std::get_if<FreeWork>(&work);
               end != nullptr && asked(abi::CU_GRAPH_DEBUG_DOT_FLAGS_MEM_FREE_NODE_PARAMS)) {
        std::snprintf(text, sizeof text, "\\n0x%llx", end->allocation->address);
    } else if (const auto* conditional = std::get_if<ConditionalWork>(&work);
               conditional != nullptr && asked(abi::CU_GRAPH_DEBUG_DOT_FLAGS_CONDITIONAL_NODE_PARAMS)) {
        constexpr const char* kTypes[] = {"IF", "WHILE", "SWITCH"};
        std::snprintf(text, sizeof text, "\\n%s of %zu, handle 0x%llx", kTypes[conditional->params.type],
                      conditional->bodies.size(),
                      static_cast<unsigned long long>(conditional->params.handle));
    }
    return text;
}

// Nodes are named by graph and place, so that the file is the same in every run.
void write_graph(std::FILE* file, const Graph& graph, const std::string& prefix, unsigned flags) {
    std::fprintf(file, "subgraph cluster_%s {\nlabel=\"graph_%s\" graph[style=\"dashed\"];\n", prefix.c_str(),
                 prefix.c_str());
    std::size_t place = 0;
    std::vector<std::pair<const Node*, std::string>> names;
    for (const auto& node : graph.nodes()) {
        const std::string name = "graph_" + prefix + "_node_" + std::to_string(place);
        std::fprintf(file, "\"%s\"[style=\"solid\" shape=\"rectangle\" label=\"%zu\\n%s%s", name.c_str(),
                     place, kNames[node->work.index()], details(node->work, flags).c_str());
        if ((flags & abi::CU_GRAPH_DEBUG_DOT_FLAGS_HANDLES) != 0)
            std::fprintf(file, "\\n0x%" PRIx64, node->handle);
        std::fprintf(file, "\"];\n");
        if (const auto* child = std::get_if<ChildWork>(&node->work))
            write_graph(file, *child->graph, prefix + "_" + std::to_string(place), flags);
        if (const auto* conditional = std::get_if<ConditionalWork>(&node->work)) {
            const std::string inner = prefix + "_" + std::to_string(place) + "_";
            for (std::size_t body = 0; body < conditional->bodies.size(); ++body)
                write_graph(file, *conditional->bodies[body], inner + std::to_string(body), flags);
        }
        names.emplace_back(node.get(), name);
        ++place;
    }
    const auto name_of = [&](const Node& node) {
        for (const auto& [known, name] : names) {
            if (known == &node) return name.c_str();
        }
        return "";
    };
    graph.each_edge([&](const Node& from, const Node& to, const abi::CUgraphEdgeData&) {
        std::fprintf(file, "\"%s\" -> \"%s\";\n", name_of(from), name_of(to));
    });
    std::fprintf(file, "}\n");
}

}  // namespace

bool write_dot(const Graph& graph, const char* path, unsigned flags) {
    std::FILE* file = std::fopen(path, "w");
    if (file == nullptr) return false;
    std::fprintf(file, "digraph dot {\n");
    write_graph(file, graph, "1", flags);
    std::fprintf(file, "}\n");
    return std::fclose(file) == 0;
}

}  // namespace cudart::graphs
