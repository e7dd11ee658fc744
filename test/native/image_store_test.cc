// The images a host keeps: what is offered again, to whom, what is not believed, and what goes first.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>

#include "check.h"
#include "engine/image_store.h"
#include "wire/limits.h"

namespace {

using engine::ImageFacts;
using engine::ImageStore;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

bool same(std::span<const std::byte> bytes, const std::string& text) {
    return bytes.size() == text.size() && std::memcmp(bytes.data(), text.data(), text.size()) == 0;
}

// A folder of its own per test, removed at its end.
struct Folder {
    Folder() {
        char name[] = "/tmp/ferry-images-XXXXXX";
        path = ::mkdtemp(name);
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::string path;
};

constexpr std::uint64_t kPlenty = 1 << 20;
constexpr std::int32_t kDriver = 13000;

ImageFacts facts(const std::string& options = "", bool library = false, std::int32_t device = 0) {
    static const std::string log = "a log";
    static const std::string kernels = "some kernels";
    return {.image = {},
            .library = library,
            .device = device,
            .options = bytes_of(options),
            .log = bytes_of(log),
            .kernels = bytes_of(kernels)};
}

TEST(the_hash_is_the_published_one) {
    const wire::ContentHash fox = wire::content_hash(bytes_of("The quick brown fox jumps over the lazy dog"));
    CHECK_EQUAL(fox[0], 0xe34bbc7bbc071b6cu);
    CHECK_EQUAL(fox[1], 0x7a433ca9c49a9347u);
    CHECK_EQUAL(wire::content_hash({})[0], 0u);
    // Every length of tail, with one bit changed anywhere, is another image.
    for (std::size_t size = 1; size < 40; ++size) {
        std::string text(size, 'x');
        const wire::ContentHash plain = wire::content_hash(bytes_of(text));
        for (char& letter : text) {
            letter ^= 1;
            CHECK(wire::content_hash(bytes_of(text)) != plain);
            letter ^= 1;
        }
    }
}

TEST(a_reference_is_told_from_an_image) {
    const wire::ImageReference reference{{1, 2}, 3};
    wire::ImageReference read{};
    CHECK(wire::read_reference(wire::pack_reference(reference), read));
    CHECK(read.hash == reference.hash && read.size == 3);
    const std::string ptx(wire::kReferenceSize, '/');
    CHECK(!wire::read_reference(bytes_of(ptx), read));
}

TEST(what_one_worker_keeps_the_next_one_offers) {
    const Folder folder;
    const std::string image = "the bytes of an image";
    ImageStore first;
    first.open(folder.path, kPlenty, kDriver);
    CHECK(first.offered().empty());
    first.keep(bytes_of(image), facts("options", true, 2));
    CHECK(first.find({wire::content_hash(bytes_of(image)), image.size()}).empty());  // it was not offered

    ImageStore second;
    second.open(folder.path, kPlenty, kDriver);
    CHECK_EQUAL(second.offered().size(), 1u);
    const ImageFacts& known = second.offered().front();
    CHECK(known.library);
    CHECK_EQUAL(known.device, 2);
    CHECK(same(known.options, "options"));
    CHECK(same(known.log, "a log"));
    CHECK(same(known.kernels, "some kernels"));
    CHECK(same(second.find(known.image), image));
    CHECK(second.find({known.image.hash, known.image.size + 1}).empty());
}

TEST(what_was_offered_stays_when_its_file_goes) {
    const Folder folder;
    ImageStore first;
    first.open(folder.path, kPlenty, kDriver);
    first.keep(bytes_of("image"), facts());
    ImageStore second;
    second.open(folder.path, kPlenty, kDriver);
    std::filesystem::remove_all(folder.path);
    CHECK_EQUAL(second.offered().size(), 1u);
    CHECK(same(second.find(second.offered().front().image), "image"));
}

TEST(another_driver_is_offered_nothing) {
    const Folder folder;
    ImageStore first;
    first.open(folder.path, kPlenty, kDriver);
    first.keep(bytes_of("image"), facts());
    ImageStore second;
    second.open(folder.path, kPlenty, kDriver + 10);
    CHECK(second.offered().empty());
}

TEST(the_same_image_loaded_otherwise_is_another_entry) {
    const Folder folder;
    ImageStore first;
    first.open(folder.path, kPlenty, kDriver);
    first.keep(bytes_of("image"), facts());
    first.keep(bytes_of("image"), facts());
    first.keep(bytes_of("image"), facts("options"));
    first.keep(bytes_of("image"), facts("", true));
    first.keep(bytes_of("image"), facts("", false, 1));
    ImageStore second;
    second.open(folder.path, kPlenty, kDriver);
    CHECK_EQUAL(second.offered().size(), 4u);
}

TEST(files_that_are_cut_or_foreign_are_not_offered) {
    const Folder folder;
    ImageStore first;
    first.open(folder.path, kPlenty, kDriver);
    first.keep(bytes_of("image"), facts());
    for (const auto& entry : std::filesystem::directory_iterator(folder.path)) {
        std::filesystem::resize_file(entry.path(), std::filesystem::file_size(entry.path()) - 1);
    }
    const std::string foreign = folder.path + "/0.image";
    std::FILE* file = std::fopen(foreign.c_str(), "w");
    std::fputs("not one of ours", file);
    std::fclose(file);
    ImageStore second;
    second.open(folder.path, kPlenty, kDriver);
    CHECK(second.offered().empty());
}

TEST(what_was_not_used_for_longest_goes_when_room_is_short) {
    const Folder folder;
    constexpr std::size_t kImage = 1000;
    constexpr std::uint64_t kRoomForThree = 3 * kImage + 1000;
    ImageStore first;
    first.open(folder.path, kRoomForThree, kDriver);
    for (char letter = 'a'; letter < 'g'; ++letter) {
        first.keep(bytes_of(std::string(kImage, letter)), facts());
        ::usleep(2000);  // the files' times tell their order
    }
    first.keep(bytes_of(std::string(kRoomForThree, 'z')), facts());  // larger than is ever kept
    ImageStore second;
    second.open(folder.path, kRoomForThree, kDriver);
    CHECK_EQUAL(second.offered().size(), 3u);
    CHECK(same(second.find(second.offered()[0].image), std::string(kImage, 'f')));
    CHECK(same(second.find(second.offered()[2].image), std::string(kImage, 'd')));
}

TEST(without_a_folder_nothing_is_kept_and_nothing_fails) {
    ImageStore store;
    store.open("", kPlenty, kDriver);
    store.keep(bytes_of("image"), facts());
    CHECK(store.offered().empty());
    ImageStore unreachable;
    unreachable.open("/nonexistent/folder", kPlenty, kDriver);
    unreachable.keep(bytes_of("image"), facts());
    CHECK(unreachable.offered().empty());
}

}  // namespace
