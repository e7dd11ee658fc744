// See image_store.h. Nothing here may fail a session: what cannot be read is not offered, what cannot be
// written is not kept.
#include "engine/image_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "engine/limits.h"

namespace engine {
namespace {

constexpr char kMagic[8] = {'F', 'E', 'R', 'R', 'Y', 'I', 'M', '1'};
constexpr char kSuffix[] = ".image";

bool read_all(int file, std::uint64_t offset, std::span<std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::pread(file, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        offset += static_cast<std::uint64_t>(count);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

bool write_all(int file, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return true;
}

template <class T>
std::span<const std::byte> bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

// One file per image and everything its verdict depends on.
std::string name_of(std::span<const std::byte> head, std::span<const std::byte> options) {
    const wire::ContentHash of_head = wire::content_hash(head);
    const wire::ContentHash of_options = wire::content_hash(options);
    char name[64];
    std::snprintf(name, sizeof name, "%016llx%016llx%s",
                  static_cast<unsigned long long>(of_head[0] ^ of_options[0]),
                  static_cast<unsigned long long>(of_head[1] ^ of_options[1]), kSuffix);
    return name;
}

}  // namespace

void ImageStore::open(std::string folder, std::uint64_t limit_bytes, std::int32_t driver_version) {
    folder_ = std::move(folder);
    limit_bytes_ = limit_bytes;
    driver_version_ = driver_version;
    if (folder_.empty() || limit_bytes == 0) return;
    (void)::mkdir(folder_.c_str(), 0700);  // the first worker makes it
    directory_ = transport::UniqueFd(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory_.valid()) return;
    kept_.reserve(wire::limits::kOfferedImages);
    std::uint64_t room = wire::limits::kOfferedImageBytes;
    for (const Listed& listed : list()) {
        if (kept_.size() == wire::limits::kOfferedImages) break;
        offer(listed, room);
    }
}

std::vector<ImageStore::Listed> ImageStore::list() const {
    std::vector<Listed> found;
    DIR* folder = ::opendir(folder_.c_str());
    if (folder == nullptr) return found;
    while (const dirent* entry = ::readdir(folder)) {
        const std::string name = entry->d_name;
        struct stat facts{};
        if (!name.ends_with(kSuffix) || ::fstatat(directory_.get(), entry->d_name, &facts, 0) != 0) continue;
        constexpr std::int64_t kSecond = 1'000'000'000;
        found.push_back({name, static_cast<std::uint64_t>(facts.st_size),
                         facts.st_mtim.tv_sec * kSecond + facts.st_mtim.tv_nsec});
    }
    ::closedir(folder);
    std::ranges::sort(found, std::greater(), &Listed::used_ns);
    return found;
}

void ImageStore::offer(const Listed& listed, std::uint64_t& room) {
    Head head{};
    transport::UniqueFd file(::openat(directory_.get(), listed.name.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid() || !read_all(file.get(), 0, std::as_writable_bytes(std::span(&head, 1)))) return;
    const bool ours = std::memcmp(head.magic, kMagic, sizeof kMagic) == 0 &&
                      head.driver_version == driver_version_ && head.log_size <= kMaxLogSize &&
                      head.kernels_size <= kMaxMetadataSize &&
                      head.options_size <= wire::limits::kImageOptionBytes &&
                      head.front() + head.size == listed.size;
    if (!ours || head.front() > room) return;
    std::vector<std::byte> front(head.front());
    if (!read_all(file.get(), 0, front)) return;
    room -= head.front();
    const std::span<const std::byte> text = std::span(front).subspan(sizeof head);
    offered_.push_back({.image = {head.hash, head.size},
                        .library = head.library != 0,
                        .device = head.device,
                        .options = text.first(head.options_size),
                        .log = text.subspan(head.options_size, head.log_size),
                        .kernels = text.subspan(head.options_size + head.log_size)});
    kept_.push_back({std::move(file), std::move(front)});
}

std::vector<std::byte> ImageStore::find(const wire::ImageReference& reference) const {
    for (std::size_t index = 0; index < kept_.size(); ++index) {
        const wire::ImageReference& image = offered_[index].image;
        if (image.hash != reference.hash || image.size != reference.size) continue;
        const int file = kept_[index].file.get();
        std::vector<std::byte> bytes(image.size);
        if (!read_all(file, kept_[index].front.size(), bytes)) return {};
        (void)::futimens(file, nullptr);  // used now: the last to be removed
        return bytes;
    }
    return {};
}

void ImageStore::keep(std::span<const std::byte> bytes, ImageFacts facts) const {
    if (!directory_.valid() || bytes.size() > limit_bytes_ / 2) return;
    Head head{};
    std::memcpy(head.magic, kMagic, sizeof kMagic);
    head.driver_version = driver_version_;
    head.device = facts.device;
    head.hash = wire::content_hash(bytes);
    head.size = bytes.size();
    head.library = facts.library ? 1 : 0;
    head.options_size = static_cast<std::uint32_t>(facts.options.size());
    head.log_size = facts.log.size();
    head.kernels_size = facts.kernels.size();
    if (head.front() > wire::limits::kOfferedImageBytes) return;  // could never be offered
    const std::string name = name_of(bytes_of(head), facts.options);
    if (::faccessat(directory_.get(), name.c_str(), F_OK, 0) == 0) return;
    if (write_file(name, head, bytes, facts)) remove_oldest();
}

bool ImageStore::write_file(const std::string& name, const Head& head, std::span<const std::byte> bytes,
                            const ImageFacts& facts) const {
    const std::string unfinished = name + "." + std::to_string(::getpid());
    const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
    const transport::UniqueFd file(::openat(directory_.get(), unfinished.c_str(), flags, 0600));
    const bool written = file.valid() && write_all(file.get(), bytes_of(head)) &&
                         write_all(file.get(), facts.options) && write_all(file.get(), facts.log) &&
                         write_all(file.get(), facts.kernels) && write_all(file.get(), bytes);
    if (written && ::renameat(directory_.get(), unfinished.c_str(), directory_.get(), name.c_str()) == 0) {
        return true;
    }
    (void)::unlinkat(directory_.get(), unfinished.c_str(), 0);
    return false;
}

void ImageStore::remove_oldest() const {
    std::uint64_t total = 0;
    std::size_t count = 0;
    for (const Listed& listed : list()) {
        total += listed.size;
        const bool fits = total <= limit_bytes_ && ++count <= wire::limits::kStoredImages;
        if (!fits) (void)::unlinkat(directory_.get(), listed.name.c_str(), 0);
    }
}

}  // namespace engine
