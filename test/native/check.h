// The smallest thing that can be called a test harness: tests register themselves, CHECK says where and what,
// main() runs them all (or the ones named) and prints one line each. Used by every *_test.cc here.
#pragma once
#include <iostream>
#include <sstream>
#include <string>

namespace check {

using Test = void (*)();

struct Registration {
    Registration(const char* name, Test test);
};

void fail(const char* file, int line, const std::string& what);

template <class Left, class Right>
void equal(const Left& left, const Right& right, const char* text, const char* file, int line) {
    if (left == right) return;
    std::ostringstream what;
    what << text << ": got " << left << ", expected " << right;
    fail(file, line, what.str());
}

}  // namespace check

#define TEST(name)                                              \
    static void name();                                         \
    static const check::Registration name##_known(#name, name); \
    static void name()
#define CHECK(condition)                                               \
    do {                                                               \
        if (!(condition)) check::fail(__FILE__, __LINE__, #condition); \
    } while (false)
#define CHECK_EQUAL(left, right) check::equal(left, right, #left, __FILE__, __LINE__)
