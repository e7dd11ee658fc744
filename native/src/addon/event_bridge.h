// EventBridge: the engine's events as JavaScript objects, and the end of the process after the last one.
#pragma once
#include <napi.h>

#include <functional>
#include <string>

#include "engine/engine.h"

namespace addon {

class EventBridge final : public engine::Events {
public:
    EventBridge(Napi::Env env, const Napi::Function& on_event);

    void listening(unsigned tcp_port) override;
    void attached(int pid, unsigned uid) override;
    void wants() override;
    void released() override;
    // Does not return: after JavaScript has had its moment to pass the event on, the process ends at once.
    // The kernel frees what a driver holds; a driver's own tear-down could wait for a kernel that never ends.
    void ended(int result, const std::string& message) override;
    void log(engine::LogLevel level, const std::string& message) override;

private:
    using Fill = std::function<void(Napi::Object&)>;
    void send(const char* type, Fill fill = {});
    Napi::ThreadSafeFunction function_;
};

}  // namespace addon
