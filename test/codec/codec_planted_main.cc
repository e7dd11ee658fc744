// Messages with one mistake each, checked by the same properties: each mistake must be found, or the
// properties prove nothing about the real messages. Run by codec.test.ts.
#include <cstdio>
#include <string>

#include "message.h"

namespace wire {

constexpr std::uint64_t kPlantedLimit = 4096;

// Forgets a field on the way in.
struct Lossy {
    std::uint32_t value{};
};
template <class Sink>
void encode(Sink& sink, const Lossy& message) {
    sink.scalar(message.value);
    sink.pad_to(kRecordAlignment);
}
inline bool decode(Cursor& cursor, Lossy&) {
    cursor.scalar<std::uint32_t>();
    cursor.skip_to(kRecordAlignment);
    return cursor.ok() && cursor.remaining() == 0;
}
inline std::vector<codec_test::Field> fields_of(Lossy& message) {
    return {codec_test::scalar_field("value", message.value)};
}

// Says it needs more than it writes.
struct Oversized {
    std::uint64_t value{};
};
inline void encode(Measure& sink, const Oversized& message) {
    sink.scalar(message.value);
    sink.scalar(message.value);
}
template <class Sink>
void encode(Sink& sink, const Oversized& message) {
    sink.scalar(message.value);
}
inline bool decode(Cursor& cursor, Oversized& message) {
    message.value = cursor.scalar<std::uint64_t>();
    return cursor.ok();
}
inline std::vector<codec_test::Field> fields_of(Oversized& message) {
    return {codec_test::scalar_field("value", message.value)};
}

// Ignores what follows its last field.
struct Careless {
    std::uint64_t value{};
};
template <class Sink>
void encode(Sink& sink, const Careless& message) {
    sink.scalar(message.value);
}
inline bool decode(Cursor& cursor, Careless& message) {
    message.value = cursor.scalar<std::uint64_t>();
    return cursor.ok();
}
inline std::vector<codec_test::Field> fields_of(Careless& message) {
    return {codec_test::scalar_field("value", message.value)};
}

// Takes byte strings of any length.
struct Limitless {
    std::span<const std::byte> data{};
};
template <class Sink>
void encode(Sink& sink, const Limitless& message) {
    sink.bytes(message.data);
}
inline bool decode(Cursor& cursor, Limitless& message) {
    message.data = cursor.bytes();
    return cursor.ok() && cursor.remaining() == 0;
}
inline std::vector<codec_test::Field> fields_of(Limitless& message) {
    return {codec_test::bytes_field("data", message.data, kPlantedLimit)};
}

// Makes room for what a length says.
struct Greedy {
    std::span<const std::byte> data{};
};
template <class Sink>
void encode(Sink& sink, const Greedy& message) {
    sink.bytes(message.data);
}
inline bool decode(Cursor& cursor, Greedy& message) {
    message.data = cursor.bytes();
    const std::string room(message.data.size(), ' ');
    return cursor.ok() && cursor.remaining() == 0 && room.size() <= kPlantedLimit;
}
inline std::vector<codec_test::Field> fields_of(Greedy& message) {
    return {codec_test::bytes_field("data", message.data, kPlantedLimit)};
}

// Has a field that never travels.
struct Forgetful {
    std::uint64_t value{};
    std::uint64_t forgotten{};
};
template <class Sink>
void encode(Sink& sink, const Forgetful& message) {
    sink.scalar(message.value);
}
inline bool decode(Cursor& cursor, Forgetful& message) {
    message.value = cursor.scalar<std::uint64_t>();
    return cursor.ok() && cursor.remaining() == 0;
}
inline std::vector<codec_test::Field> fields_of(Forgetful& message) {
    return {codec_test::scalar_field("value", message.value),
            codec_test::scalar_field("forgotten", message.forgotten)};
}

}  // namespace wire

int main() {
    using codec_test::make_message;
    const codec_test::MessageKind kinds[] = {
        {"Lossy", make_message<wire::Lossy>},         {"Oversized", make_message<wire::Oversized>},
        {"Careless", make_message<wire::Careless>},   {"Limitless", make_message<wire::Limitless>},
        {"Greedy", make_message<wire::Greedy>},       {"Forgetful", make_message<wire::Forgetful>},
    };
    for (const codec_test::MessageKind& kind : kinds) {
        for (const char* failure : codec_test::check_message(kind)) {
            std::printf("%s\t%s\n", kind.name, failure);
        }
    }
    return 0;
}
