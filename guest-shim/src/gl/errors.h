// What glGetError will answer. The guest finds some errors itself; the others are the host's, and a question
// costs a round trip only when a record that can have failed has been sent since the host last said that all
// is well. A context's; one thread.
#pragma once
#include <cstdint>

#include "gl/types.h"

namespace guest::gl {

// FERRY_GL_ERRORS.
enum class ErrorMode : std::uint8_t {
    usual,   // the host is asked when it may know of one
    strict,  // the host is always asked
    lazy,    // the host is never asked: what a later answer has brought is told then
};

class Errors {
  public:
    explicit Errors(ErrorMode mode = ErrorMode::usual) : mode_(mode) {}

    // Found in the guest. The first is kept, as GL does.
    void fail(GLenum error) {
        vouched_ = false;
        if (own_ == 0) own_ = error;
    }
    // GL cannot refuse the call whose record is sent next.
    void vouch() { vouched_ = true; }
    // A record has been sent. True: it may fail.
    bool note_sent(bool may_fail, std::uint64_t position) {
        const bool is_risky = may_fail && !vouched_;
        vouched_ = false;
        if (is_risky) note_risk(position);
        return is_risky;
    }
    // The record that ends at `position` of the lane may fail.
    void note_risk(std::uint64_t position) { risky_ = position; }
    // The host has answered: nothing is pending there of what came before `position`.
    void note_clean(std::uint64_t position) { clean_ = position; }
    bool is_clean(std::uint64_t position) const { return clean_ >= position; }
    bool must_ask() const {
        return mode_ == ErrorMode::strict || (mode_ == ErrorMode::usual && risky_ > clean_);
    }
    // The guest's own, which is over with it; 0: none.
    GLenum take_own() {
        const GLenum error = own_;
        own_ = 0;
        return error;
    }

  private:
    ErrorMode mode_;
    GLenum own_ = 0;
    bool vouched_ = false;
    std::uint64_t risky_ = 0;
    std::uint64_t clean_ = 0;
};

}  // namespace guest::gl
