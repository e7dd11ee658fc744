// Events from the engine thread to JavaScript. See event_bridge.h.
#include "addon/event_bridge.h"

#include <unistd.h>

#include <chrono>
#include <memory>
#include <thread>
#include <utility>

namespace addon {
namespace {

constexpr std::chrono::milliseconds kLastWords{250};

const char* name_of(engine::LogLevel level) {
    switch (level) {
        case engine::LogLevel::info:
            return "info";
        case engine::LogLevel::warn:
            return "warn";
        case engine::LogLevel::error:
            return "error";
    }
    return "info";
}

}  // namespace

EventBridge::EventBridge(Napi::Env env, const Napi::Function& on_event)
    : function_(Napi::ThreadSafeFunction::New(env, on_event, "ferry-events", 0, 1)) {}

void EventBridge::send(const char* type, Fill fill) {
    struct Event {
        const char* type;
        Fill fill;
    };
    auto event = std::make_unique<Event>(Event{type, std::move(fill)});
    const auto deliver = [](Napi::Env env, Napi::Function on_event, Event* raw) {
        const std::unique_ptr<Event> owned(raw);
        if (env == nullptr) return;  // the environment is being torn down
        auto object = Napi::Object::New(env);
        object.Set("type", owned->type);
        if (owned->fill) owned->fill(object);
        on_event.Call({object});
    };
    if (function_.NonBlockingCall(event.get(), deliver) == napi_ok) (void)event.release();
}

void EventBridge::wants() { send("wants"); }
void EventBridge::released() { send("released"); }

void EventBridge::listening(unsigned tcp_port) {
    send("listening", [tcp_port](Napi::Object& object) { object.Set("tcpPort", tcp_port); });
}

void EventBridge::attached(int pid, unsigned uid) {
    send("attached", [pid, uid](Napi::Object& object) {
        object.Set("pid", pid);
        object.Set("uid", static_cast<double>(uid));
    });
}

void EventBridge::log(engine::LogLevel level, const std::string& message) {
    send("log", [level, message](Napi::Object& object) {
        object.Set("level", name_of(level));
        object.Set("message", message);
    });
}

void EventBridge::ended(int result, const std::string& message) {
    send("ended", [result, message](Napi::Object& object) {
        object.Set("result", result);
        object.Set("message", message);
    });
    std::this_thread::sleep_for(kLastWords);
    ::_exit(result == 0 ? 0 : 1);
}

}  // namespace addon
