// Status: success, or one line for people saying what was expected and what was found instead. Used by
// transport, engine and device for failures that end or refuse something; never for an expected outcome. May
// not throw, and knows nothing of gRPC or CUDA codes: those travel in types of their own.
#pragma once
#include <optional>
#include <string>
#include <utility>

namespace ferry {

class [[nodiscard]] Status {
public:
    static Status success() { return Status{}; }
    static Status failure(std::string message) {
        Status status;
        status.message_ = std::move(message);
        return status;
    }
    bool ok() const { return !message_.has_value(); }
    const std::string& message() const {
        static const std::string kNone;
        return message_ ? *message_ : kNone;
    }

private:
    std::optional<std::string> message_;
};

// A value, or the Status that says why there is none.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : value_(std::move(value)), status_(Status::success()) {}
    Result(Status status) : status_(std::move(status)) {}
    bool ok() const { return value_.has_value(); }
    T& value() { return *value_; }
    const T& value() const { return *value_; }
    const std::string& message() const { return status_.message(); }

private:
    std::optional<T> value_;
    Status status_;
};

}  // namespace ferry
