// Reading start()'s options. See options.h.
#include "addon/options.h"

#include <cstring>

#include "engine/meters.h"

namespace addon {
namespace {

ferry::Status expected(const char* name, const char* what) {
    return ferry::Status::failure(std::string(name) + ": expected " + what);
}

}  // namespace

ferry::Result<engine::DriverKind> read_driver_kind(const std::string& name) {
    if (name == "nvidia") return engine::DriverKind::nvidia;
    if (name == "software") return engine::DriverKind::software;
    if (name == "null") return engine::DriverKind::null;
    return ferry::Status::failure("driver: expected nvidia, software or null, got " + name);
}

ferry::Result<engine::Options> read_options(const Napi::Object& values) {
    const Napi::Value path = values.Get("socketPath");
    const Napi::Value tcp_address = values.Get("tcpAddress");
    const Napi::Value ticket = values.Get("ticket");
    const Napi::Value ttl = values.Get("ticketTtlMs");
    const Napi::Value driver = values.Get("driver");
    const Napi::Value driver_path = values.Get("driverPath");
    const Napi::Value spec_hash = values.Get("specHash");
    const Napi::Value meters = values.Get("meters");
    const Napi::Value limit = values.Get("batchLimitBytes");
    const Napi::Value grace = values.Get("resumeGraceMs");
    if (!path.IsString()) return expected("socketPath", "a string");
    if (!ticket.IsBuffer() || ticket.As<Napi::Buffer<char>>().Length() != transport::kTicketSize) {
        return expected("ticket", "a Buffer of 32 bytes");
    }
    if (!ttl.IsNumber()) return expected("ticketTtlMs", "a number");
    if (!driver.IsString()) return expected("driver", "a string");
    if (!meters.IsTypedArray() || meters.As<Napi::TypedArray>().TypedArrayType() != napi_biguint64_array ||
        meters.As<Napi::TypedArray>().ElementLength() < engine::kMeterSlots) {
        return expected("meters", "a BigUint64Array of 16 elements");
    }
    const auto kind = read_driver_kind(driver.As<Napi::String>().Utf8Value());
    if (!kind.ok()) return ferry::Status::failure(kind.message());

    engine::Options options;
    options.socket_path = path.As<Napi::String>().Utf8Value();
    if (tcp_address.IsString()) options.tcp_address = tcp_address.As<Napi::String>().Utf8Value();
    std::memcpy(options.ticket.data(), ticket.As<Napi::Buffer<char>>().Data(), options.ticket.size());
    options.ticket_ttl_ms = ttl.As<Napi::Number>().Uint32Value();
    if (grace.IsNumber()) options.resume_grace_ms = grace.As<Napi::Number>().Uint32Value();
    options.driver = kind.value();
    if (driver_path.IsString()) options.driver_path = driver_path.As<Napi::String>().Utf8Value();
    if (spec_hash.IsString()) options.spec_hash = spec_hash.As<Napi::String>().Utf8Value();
    options.meters = meters.As<Napi::BigUint64Array>().Data();
    if (limit.IsNumber())
        options.batch_limit_bytes = static_cast<std::uint64_t>(limit.As<Napi::Number>().Int64Value());
    const Napi::Value images = values.Get("imageFolder");
    const Napi::Value cache = values.Get("imageCacheBytes");
    if (images.IsString()) options.image_folder = images.As<Napi::String>().Utf8Value();
    if (cache.IsNumber())
        options.image_cache_bytes = static_cast<std::uint64_t>(cache.As<Napi::Number>().Int64Value());
    const Napi::Value trace = values.Get("trace");
    if (trace.IsBuffer()) {
        const auto memory = trace.As<Napi::Buffer<std::byte>>();
        options.trace = {memory.Data(), memory.Length()};
    }
    options.capture_output = true;
    return options;
}

}  // namespace addon
