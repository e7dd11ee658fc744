// See name_table.h.
#include "gl/name_table.h"

#include <bit>

namespace guest::gl {

void NameTable::set(GLuint name, bool used) {
    const std::size_t word = name / kBits;
    if (word >= words_.size()) words_.resize(word + 1);
    const std::uint64_t bit = std::uint64_t{1} << name % kBits;
    words_[word] = used ? words_[word] | bit : words_[word] & ~bit;
    if (!used && word < first_free_) first_free_ = word;
}

GLuint NameTable::take() {
    if (words_.empty()) words_.push_back(1);  // 0 is no name
    while (first_free_ < words_.size() && ~words_[first_free_] == 0) ++first_free_;
    const std::uint64_t used = first_free_ < words_.size() ? words_[first_free_] : 0;
    const auto name = static_cast<GLuint>(first_free_ * kBits + static_cast<unsigned>(std::countr_one(used)));
    if (name >= kDense) return 0;
    set(name, true);
    return name;
}

GLuint NameTable::take_run(GLuint count) {
    if (count == 0 || count >= kDense) return 0;
    GLuint run = 0;
    for (GLuint name = 1; name < kDense; ++name) {
        run = holds(name) ? 0 : run + 1;
        if (run != count) continue;
        const GLuint first = name - count + 1;
        for (GLuint taken = first; taken <= name; ++taken) set(taken, true);
        return first;
    }
    return 0;
}

bool NameTable::hold(GLuint name) {
    if (name == 0 || holds(name)) return false;
    if (name >= kDense) return sparse_.insert(name).second;
    if (words_.empty()) words_.push_back(1);
    set(name, true);
    return true;
}

bool NameTable::give(GLuint name) {
    if (name == 0 || !holds(name)) return false;
    if (name >= kDense) return sparse_.erase(name) != 0;
    set(name, false);
    return true;
}

bool NameTable::holds(GLuint name) const {
    if (name >= kDense) return sparse_.contains(name);
    return name / kBits < words_.size() && (words_[name / kBits] >> name % kBits & 1) != 0;
}

}  // namespace guest::gl
