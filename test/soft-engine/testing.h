// The smallest test framework that serves: TEST(name) registers, CHECK records, main runs what a filter
// selects.
#pragma once
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

namespace soft_test {

struct Test {
    const char* name;
    void (*body)();
};

std::vector<Test>& tests();
void report_failure(const char* file, int line, const std::string& text);
// A directory with PTX that nvcc made from kernels/*.cu, or empty when there is none.
const std::string& compiled_directory();
const std::string& source_directory();
// The PTX of kernels/<name>.cu; empty (and the test skips aloud) when nvcc was not there.
std::string compiled(const std::string& name);

struct Registration {
    Registration(const char* name, void (*body)()) { tests().push_back({name, body}); }
};

}  // namespace soft_test

#define SOFT_TEST_JOIN2(a, b) a##b
#define SOFT_TEST_JOIN(a, b) SOFT_TEST_JOIN2(a, b)
#define TEST(name)                                                                                        \
    static void SOFT_TEST_JOIN(body_, __LINE__)();                                                        \
    static const soft_test::Registration SOFT_TEST_JOIN(reg_, __LINE__)(name,                             \
                                                                        SOFT_TEST_JOIN(body_, __LINE__)); \
    static void SOFT_TEST_JOIN(body_, __LINE__)()

#define CHECK(condition)                                                             \
    do {                                                                             \
        if (!(condition)) soft_test::report_failure(__FILE__, __LINE__, #condition); \
    } while (false)

#define CHECK_EQ(a, b)                                                   \
    do {                                                                 \
        const auto value_a_ = (a);                                       \
        const auto value_b_ = (b);                                       \
        if (!(value_a_ == value_b_)) {                                   \
            std::ostringstream text_;                                    \
            text_ << #a " is " << value_a_ << ", expected " << value_b_; \
            soft_test::report_failure(__FILE__, __LINE__, text_.str());  \
        }                                                                \
    } while (false)
