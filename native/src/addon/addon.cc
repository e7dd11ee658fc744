// The engine as a Node addon: start, command, probe, version. The only users of napi.h are in this folder.
// Loaded by the worker's entry (and by the probing child), one session per process. Events reach JavaScript
// through a thread-safe function; nothing else crosses between the two threads but commands and the meters'
// memory.
#include <napi.h>

#include <memory>
#include <string>

#include "addon/event_bridge.h"
#include "addon/options.h"
#include "engine/engine.h"

namespace addon {
namespace {

constexpr char kVersion[] = "0.1.0";

// Both live until the process ends: the engine thread ends the process, not the other way round.
EventBridge* bridge = nullptr;
engine::Engine* running = nullptr;
Napi::ObjectReference* shared_memory = nullptr;  // the options, and with them meters and trace

Napi::Value fail(Napi::Env env, const std::string& message) {
    Napi::TypeError::New(env, message).ThrowAsJavaScriptException();
    return env.Undefined();
}

// start(options, onEvent)
Napi::Value start(const Napi::CallbackInfo& call) {
    const Napi::Env env = call.Env();
    if (running != nullptr) return fail(env, "start: this process has its session already");
    if (call.Length() < 2 || !call[0].IsObject() || !call[1].IsFunction()) {
        return fail(env, "start: expected (options, onEvent)");
    }
    const auto values = call[0].As<Napi::Object>();
    auto options = read_options(values);
    if (!options.ok()) return fail(env, "start: " + options.message());
    shared_memory = new Napi::ObjectReference(Napi::Persistent(values));
    bridge = new EventBridge(env, call[1].As<Napi::Function>());
    running = new engine::Engine(std::move(options.value()), *bridge);
    return env.Undefined();
}

// command(kind, value)
Napi::Value command(const Napi::CallbackInfo& call) {
    const Napi::Env env = call.Env();
    if (call.Length() < 2 || !call[0].IsString() || !call[1].IsNumber()) {
        return fail(env, "command: expected (kind, value)");
    }
    if (running == nullptr) return fail(env, "command: start comes first");
    const std::string kind = call[0].As<Napi::String>().Utf8Value();
    const auto value = call[1].As<Napi::Number>().Int32Value();
    if (kind == "grant") {
        running->grant(static_cast<std::uint32_t>(value));
    } else if (kind == "revoke") {
        running->revoke();
    } else if (kind == "stop") {
        running->stop(value);
    } else {
        return fail(env, "command: expected grant, revoke or stop, got " + kind);
    }
    return env.Undefined();
}

Napi::Object describe(Napi::Env env, const device::DeviceReport& device) {
    auto attributes = Napi::Array::New(env, device.attributes.size());
    for (std::uint32_t index = 0; index < device.attributes.size(); ++index) {
        attributes.Set(index, Napi::Number::New(env, device.attributes[index]));
    }
    const auto* uuid = static_cast<const char*>(static_cast<const void*>(device.uuid.data()));
    auto described = Napi::Object::New(env);
    described.Set("name", device.name);
    described.Set("uuid", Napi::Buffer<char>::Copy(env, uuid, device.uuid.size()));
    described.Set("totalMemory", Napi::BigInt::New(env, device.total_memory));
    described.Set("attributes", attributes);
    return described;
}

// probe(driver, driverPath)
Napi::Value probe(const Napi::CallbackInfo& call) {
    const Napi::Env env = call.Env();
    if (call.Length() < 2 || !call[0].IsString() || !call[1].IsString()) {
        return fail(env, "probe: expected (driver, driverPath)");
    }
    const auto kind = read_driver_kind(call[0].As<Napi::String>().Utf8Value());
    if (!kind.ok()) return fail(env, "probe: " + kind.message());
    const auto report = engine::probe(kind.value(), call[1].As<Napi::String>().Utf8Value());
    if (!report.ok()) {
        Napi::Error::New(env, report.message()).ThrowAsJavaScriptException();
        return env.Undefined();
    }
    auto devices = Napi::Array::New(env, report.value().devices.size());
    for (std::uint32_t index = 0; index < report.value().devices.size(); ++index) {
        devices.Set(index, describe(env, report.value().devices[index]));
    }
    auto answer = Napi::Object::New(env);
    answer.Set("driverVersion", Napi::Number::New(env, report.value().driver_version));
    answer.Set("devices", devices);
    return answer;
}

Napi::Value version(const Napi::CallbackInfo& call) {
    auto answer = Napi::Object::New(call.Env());
    answer.Set("version", kVersion);
    answer.Set("wireVersion", engine::wire_version());
    answer.Set("specHash", std::string(engine::spec_hash()));
    return answer;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
    exports.Set("start", Napi::Function::New(env, start));
    exports.Set("command", Napi::Function::New(env, command));
    exports.Set("probe", Napi::Function::New(env, probe));
    exports.Set("version", Napi::Function::New(env, version));
    return exports;
}

NODE_API_MODULE(ferry, initialise)

}  // namespace
}  // namespace addon
