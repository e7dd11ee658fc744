// What every executor needs to know of a record before it knows what the record says. Used by the executors.
#pragma once
#include <cstddef>
#include <cstring>
#include <span>
#include <string>

#include "wire/call_id.h"
#include "wire/gl_call_id.h"
#include "wire/record.h"

namespace engine {

// False when no whole record stands at the front of `records`.
inline bool read_header(std::span<const std::byte> records, wire::RecordHeader& record) {
    if (records.size() < sizeof record) return false;
    std::memcpy(&record, records.data(), sizeof record);
    const bool sized = record.size >= sizeof record && record.size % wire::kRecordAlignment == 0;
    return sized && record.size <= records.size();
}

inline bool wants_reply(const wire::RecordHeader& record) {
    return record.ticket != 0 ||
           (record.flags & static_cast<std::uint16_t>(wire::RecordFlag::wants_reply)) != 0;
}

// For people.
inline std::string describe(const wire::RecordHeader& record) {
    const bool is_gl = record.call >= wire::kFirstGlCall;
    const auto name = is_gl ? wire::gl_call_name(static_cast<wire::GlCallId>(record.call))
                            : wire::call_name(static_cast<wire::CallId>(record.call));
    return "record " + std::string(name) + " (call " + std::to_string(record.call) + ", " +
           std::to_string(record.size) + " bytes)";
}

}  // namespace engine
