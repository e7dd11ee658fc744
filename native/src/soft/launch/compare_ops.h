// Comparisons of integers and floats, extremes of integers, and the table rows of setp. Included by units
// compiled for several instruction sets, hence internal linkage throughout.
#pragma once
#include <cstdint>
#include <type_traits>

#include "soft/launch/tables.h"
#include "soft/numerics/isa.h"

namespace soft {
namespace {

template <class T>
[[maybe_unused]] T smaller(T a, T b) {
    return a < b ? a : b;
}
template <class T>
[[maybe_unused]] T larger(T a, T b) {
    return a > b ? a : b;
}

template <class T>
bool eq(T a, T b) {
    return a == b;
}
// Of floats ordered, as the others are: false for a NaN.
template <class T>
bool ne(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) return (a < b) | (a > b);
    return a != b;
}
template <class T>
bool lt(T a, T b) {
    return a < b;
}
template <class T>
bool le(T a, T b) {
    return a <= b;
}
template <class T>
bool gt(T a, T b) {
    return a > b;
}
template <class T>
bool ge(T a, T b) {
    return a >= b;
}

constexpr std::uint8_t variant_of(ptx::Mod mod) { return static_cast<std::uint8_t>(mod); }

}  // namespace
}  // namespace soft

// setp of PTX type T, whose lanes are C's, with each ordered comparison.
#define FERRY_COMPARES(T, C)                                                                                \
    FERRY_OP(setp, T, variant_of(ptx::Mod::eq), eq<C>), FERRY_OP(setp, T, variant_of(ptx::Mod::ne), ne<C>), \
        FERRY_OP(setp, T, variant_of(ptx::Mod::lt), lt<C>),                                                 \
        FERRY_OP(setp, T, variant_of(ptx::Mod::le), le<C>),                                                 \
        FERRY_OP(setp, T, variant_of(ptx::Mod::gt), gt<C>),                                                 \
        FERRY_OP(setp, T, variant_of(ptx::Mod::ge), ge<C>)
