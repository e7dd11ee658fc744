// The formatter behind device_printf.h. A conversion is parsed here, its arguments fetched from the packed
// buffer, and the C library formats it with a format rebuilt from the parsed parts: no text of the device's
// reaches it unchecked.
#include "soft/numerics/device_printf.h"

#include <locale.h>

#include <algorithm>
#include <array>
#include <bit>
#include <clocale>
#include <cstdio>

namespace soft::numerics {
namespace {

// The process may have chosen a locale with a decimal comma; device output does not follow it.
class CLocale {
  public:
    CLocale() : before_(uselocale(c_locale())) {}
    ~CLocale() { uselocale(before_); }
    CLocale(const CLocale&) = delete;
    CLocale& operator=(const CLocale&) = delete;

  private:
    static locale_t c_locale() {
        static const locale_t kLocale = newlocale(LC_ALL_MASK, "C", static_cast<locale_t>(nullptr));
        return kLocale;
    }
    locale_t before_;
};

// One conversion: %[flags][width][.precision][length]letter
struct Conversion {
    std::array<char, 8> flags{};  // each of "-+ #0'" at most once, NUL-terminated
    std::size_t flag_count = 0;
    int width = 0;
    bool width_given_as_argument = false;
    int precision = -1;  // -1 when absent
    bool precision_given_as_argument = false;
    int longs = 0;   // 1 for l, z, j, t, L; 2 for ll
    int shorts = 0;  // 1 for h, 2 for hh
    char letter = 0;
};

class Formatter {
  public:
    Formatter(const ReadMemory& read, std::uint64_t arguments, const PrintLimits& limits)
        : read_(read), next_(arguments), limits_(limits) {}

    void run(std::string_view format);
    Printed take() { return {std::move(text_), taken_}; }

  private:
    void append(std::string_view piece) { text_.append(piece.substr(0, limits_.output_size - text_.size())); }
    bool full() const { return text_.size() >= limits_.output_size; }
    template <class T>
    T argument();
    template <class T>
    void format(const Conversion& conversion, const char* length, T value);
    void convert(Conversion conversion);
    void convert_integer(const Conversion& conversion, bool is_signed);
    void convert_string(const Conversion& conversion);
    int bounded(std::int64_t amount) const;

    const ReadMemory& read_;
    std::uint64_t next_;
    const PrintLimits& limits_;
    std::string text_;
    int taken_ = 0;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Reads a decimal number; stops growing where it stops mattering.
int parse_number(std::string_view format, std::size_t& at) {
    int value = 0;
    for (; at < format.size() && is_digit(format[at]); ++at)
        value = std::min(value * 10 + (format[at] - '0'), 100'000'000);
    return value;
}

void parse_flags(std::string_view format, std::size_t& at, Conversion& conversion) {
    for (; at < format.size() && std::string_view("-+ #0'").find(format[at]) != std::string_view::npos;
         ++at) {
        const std::string_view seen(conversion.flags.data(), conversion.flag_count);
        if (seen.find(format[at]) == std::string_view::npos)
            conversion.flags[conversion.flag_count++] = format[at];
    }
}

void parse_length(std::string_view format, std::size_t& at, Conversion& conversion) {
    for (; at < format.size(); ++at) {
        const char c = format[at];
        if (c == 'h')
            conversion.shorts += 1;
        else if (c == 'l' || c == 'z' || c == 'j' || c == 't' || c == 'L' || c == 'q')
            conversion.longs += 1;
        else
            return;
    }
}

// Parses what follows a '%'. False, with `at` moved on, when it is no conversion of C.
bool parse_conversion(std::string_view format, std::size_t& at, Conversion& conversion) {
    parse_flags(format, at, conversion);
    if (at < format.size() && format[at] == '*') {
        conversion.width_given_as_argument = true;
        ++at;
    } else {
        conversion.width = parse_number(format, at);
    }
    if (at < format.size() && format[at] == '.') {
        ++at;
        conversion.precision_given_as_argument = at < format.size() && format[at] == '*';
        if (conversion.precision_given_as_argument)
            ++at;
        else
            conversion.precision = parse_number(format, at);
    }
    parse_length(format, at, conversion);
    if (at >= format.size()) return false;
    conversion.letter = format[at++];
    return std::string_view("diouxXcspfFeEgGaA").find(conversion.letter) != std::string_view::npos;
}

// The text that snprintf makes; the common short case costs no second pass.
template <class T>
void append_formatted(std::string& text, const char* format, int width, int precision, T value) {
    std::array<char, 256> small;
    const int size = std::snprintf(small.data(), small.size(), format, width, precision, value);
    if (size < 0) return;
    const auto needed = static_cast<std::size_t>(size);
    if (needed < small.size()) {
        text.append(small.data(), needed);
        return;
    }
    const std::size_t before = text.size();
    text.resize(before + needed + 1);
    std::snprintf(text.data() + before, needed + 1, format, width, precision, value);
    text.resize(before + needed);
}

template <class T>
T Formatter::argument() {
    next_ = (next_ + sizeof(T) - 1) & ~static_cast<std::uint64_t>(sizeof(T) - 1);
    T value{};
    if (!read_(next_, &value, sizeof(T))) value = T{};
    next_ += sizeof(T);
    taken_ += 1;
    return value;
}

// A field wider than what may still be printed is cut to that, so that a huge one costs no memory.
int Formatter::bounded(std::int64_t amount) const {
    const auto room = static_cast<std::int64_t>(limits_.output_size);
    return static_cast<int>(std::clamp<std::int64_t>(amount, -room, room));
}

template <class T>
void Formatter::format(const Conversion& conversion, const char* length, T value) {
    std::string pattern("%");
    pattern.append(conversion.flags.data(), conversion.flag_count).append("*.*").append(length);
    pattern.push_back(conversion.letter);
    const CLocale locale;
    append_formatted(text_, pattern.c_str(), conversion.width, conversion.precision, value);
    if (full()) text_.resize(limits_.output_size);
}

void Formatter::convert_integer(const Conversion& conversion, bool is_signed) {
    if (conversion.longs > 0) return format(conversion, "ll", argument<long long>());
    const auto value = argument<std::uint32_t>();
    const char* length = conversion.shorts == 0 ? "" : conversion.shorts == 1 ? "h" : "hh";
    if (is_signed) return format(conversion, length, static_cast<int>(value));
    format(conversion, length, static_cast<unsigned>(value));
}

void Formatter::convert_string(const Conversion& conversion) {
    const auto address = argument<std::uint64_t>();
    if (address == 0) return format(conversion, "", static_cast<const char*>(nullptr));
    std::size_t cap = limits_.string_size;
    if (conversion.precision >= 0) cap = std::min(cap, static_cast<std::size_t>(conversion.precision));
    std::string value;
    if (!read_device_string(read_, address, cap, value)) value = "(unreadable)";
    format(conversion, "", value.c_str());
}

void Formatter::convert(Conversion conversion) {
    if (conversion.width_given_as_argument) conversion.width = argument<std::int32_t>();
    if (conversion.precision_given_as_argument) conversion.precision = argument<std::int32_t>();
    conversion.width = bounded(conversion.width);
    conversion.precision = bounded(conversion.precision);
    switch (conversion.letter) {
        case 'd':
        case 'i':
            return convert_integer(conversion, true);
        case 'o':
        case 'u':
        case 'x':
        case 'X':
            return convert_integer(conversion, false);
        case 'c':
            return format(conversion, "", argument<std::int32_t>());
        case 's':
            return convert_string(conversion);
        // SAFETY: the pointer is only printed.
        case 'p':
            return format(conversion, "", std::bit_cast<const void*>(argument<std::uint64_t>()));
        default:
            return format(conversion, "", argument<double>());
    }
}

void Formatter::run(std::string_view format) {
    std::size_t at = 0;
    while (at < format.size() && !full()) {
        const std::size_t percent = std::min(format.find('%', at), format.size());
        append(format.substr(at, percent - at));
        if (percent == format.size()) return;
        at = percent + 1;
        if (at < format.size() && format[at] == '%') {
            append("%");
            ++at;
            continue;
        }
        Conversion conversion;
        if (parse_conversion(format, at, conversion))
            convert(conversion);
        else if (conversion.letter == '%')
            append("%");
        else
            append(format.substr(percent, at - percent));
    }
}

}  // namespace

bool read_device_string(const ReadMemory& read, std::uint64_t address, std::size_t cap, std::string& text) {
    constexpr std::size_t kChunk = 64;
    std::array<char, kChunk> chunk;
    while (text.size() < cap) {
        // Up to the next multiple of the chunk: memory that can be read ends at such boundaries, if not
        // always.
        std::size_t size = std::min(kChunk - static_cast<std::size_t>(address % kChunk), cap - text.size());
        if (!read(address, chunk.data(), size)) {
            size = 1;
            if (!read(address, chunk.data(), size)) return false;
        }
        const auto end = std::find(chunk.begin(), chunk.begin() + static_cast<std::ptrdiff_t>(size), '\0');
        text.append(chunk.begin(), end);
        if (end != chunk.begin() + static_cast<std::ptrdiff_t>(size)) return true;
        address += size;
    }
    return true;
}

Printed format_device_printf(const ReadMemory& read, std::uint64_t format, std::uint64_t arguments,
                             const PrintLimits& limits) {
    if (format == 0) return {{}, -1};
    std::string pattern;
    if (!read_device_string(read, format, limits.string_size, pattern)) return {{}, -2};
    Formatter formatter(read, arguments, limits);
    formatter.run(pattern);
    return formatter.take();
}

std::string format_assert(std::string_view message, std::string_view file, std::uint32_t line,
                          std::string_view function, const std::uint32_t (&block)[3],
                          const std::uint32_t (&thread)[3]) {
    const auto triple = [](const std::uint32_t(&v)[3]) {
        std::string three("[");
        three.append(std::to_string(v[0])).append(",").append(std::to_string(v[1])).append(",");
        return three.append(std::to_string(v[2])).append("]");
    };
    std::string text(file);
    text.append(":").append(std::to_string(line)).append(": ").append(function);
    text.append(": block: ").append(triple(block)).append(", thread: ").append(triple(thread));
    return text.append(" Assertion `").append(message).append("` failed.\n");
}

}  // namespace soft::numerics
