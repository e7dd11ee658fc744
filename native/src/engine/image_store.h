// The images this host has loaded, kept in a folder that all workers of one daemon share and that ends with
// it: bytes and what the driver said of them, so that the next process with the same code sends neither and
// need not wait. Offered in the Welcome; what has been offered stays loadable for the session, even when
// another worker removes the file. Used on the engine thread. Without a folder everything here does nothing.
//
// A file is Head, options, log, kernels (as a reply carries them), image; written under another name first.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "transport/unique_fd.h"
#include "wire/content_hash.h"

namespace engine {

// What a load of an image depends on, and what came of it.
struct ImageFacts {
    wire::ImageReference image{};
    bool library = false;
    std::int32_t device = 0;  // the driver's
    std::span<const std::byte> options;
    std::span<const std::byte> log;
    std::span<const std::byte> kernels;
};

class ImageStore {
public:
    // `limit_bytes`: what all files together may hold. `driver_version`: of whom the verdicts are.
    void open(std::string folder, std::uint64_t limit_bytes, std::int32_t driver_version);

    // The latest used, as many as the limits of a Welcome allow. Their spans live as long as the store.
    const std::vector<ImageFacts>& offered() const { return offered_; }

    // The bytes of an image that was offered; empty for any other, and when the file cannot be read.
    std::vector<std::byte> find(const wire::ImageReference& reference) const;
    // Keeps an image that has been loaded, and removes what has not been used for longest.
    void keep(std::span<const std::byte> bytes, ImageFacts facts) const;

private:
    struct Head {
        char magic[8];
        std::int32_t driver_version;
        std::int32_t device;
        wire::ContentHash hash;
        std::uint64_t size;
        std::uint32_t library;
        std::uint32_t options_size;
        std::uint64_t log_size;
        std::uint64_t kernels_size;

        std::uint64_t front() const { return sizeof(Head) + options_size + log_size + kernels_size; }
    };
    struct Kept {
        transport::UniqueFd file;
        std::vector<std::byte> front;  // all but the image
    };
    struct Listed {
        std::string name;
        std::uint64_t size;
        std::int64_t used_ns;
    };
    std::vector<Listed> list() const;  // the latest used first
    void offer(const Listed& listed, std::uint64_t& room);
    bool write_file(const std::string& name, const Head& head, std::span<const std::byte> bytes,
                    const ImageFacts& facts) const;
    void remove_oldest() const;

    std::string folder_;
    std::uint64_t limit_bytes_ = 0;
    std::int32_t driver_version_ = 0;
    transport::UniqueFd directory_;
    std::vector<Kept> kept_;
    std::vector<ImageFacts> offered_;  // of kept_, in its order
};

}  // namespace engine
