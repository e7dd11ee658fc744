// What gl_target.cc tells of its runs, and how its inputs are cut. Used by test/native/gl_fuzz_test, which
// keeps inputs that reach something new, and changes them record by record.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace fuzz {

// Every record is written from so many bytes of its own.
constexpr std::size_t kRecordBytes = 64;
constexpr std::size_t kMostRecords = 400;

// What has been reached since the process began: a byte each for every call with every error that GL had for
// it, and, by a hash, for every two calls that GL took one after the other. Not 0: reached.
std::span<std::uint8_t> gl_reached();

}  // namespace fuzz
