// glXUseXFont: display lists with the bitmaps of a font of the X server's, drawn there and read back.
#include <cstddef>
#include <vector>

#include "gl/enums.h"
#include "gl/runtime.h"
#include "glx/context.h"
#include "guest/gl_stubs.h"
#include "library.h"
#include "x11/api.h"

namespace guest::glx {
namespace {

#define FERRY_FONT_CALLS(CALL) \
    CALL(XQueryFont)           \
    CALL(XFreeFontInfo)        \
    CALL(XCreatePixmap)        \
    CALL(XFreePixmap)          \
    CALL(XCreateGC)            \
    CALL(XFreeGC)              \
    CALL(XSetForeground)       \
    CALL(XFillRectangle)       \
    CALL(XDrawString16)        \
    CALL(XGetImage)

struct FontApi {
#define FERRY_DECLARE(name) decltype(::name)* name = nullptr;
    FERRY_FONT_CALLS(FERRY_DECLARE)
#undef FERRY_DECLARE
};

bool load(FontApi& api) {
    void* library = open_library("libX11.so.6");
    bool complete = true;
#define FERRY_FIND(name) complete = complete && find(library, #name, api.name);
    FERRY_FONT_CALLS(FERRY_FIND)
#undef FERRY_FIND
    return complete;
}

// Bitmaps without gaps, whatever the program has set.
class TightPixels {
  public:
    TightPixels() {
        for (std::size_t at = 0; at < kCount; ++at) {
            gl::stub::glGetIntegerv(kNames[at], &before_[at]);
            gl::stub::glPixelStorei(kNames[at], kNames[at] == GL_UNPACK_ALIGNMENT ? 1 : 0);
        }
    }
    ~TightPixels() {
        for (std::size_t at = 0; at < kCount; ++at) gl::stub::glPixelStorei(kNames[at], before_[at]);
    }
    TightPixels(const TightPixels&) = delete;
    TightPixels& operator=(const TightPixels&) = delete;

  private:
    static constexpr std::size_t kCount = 6;
    static constexpr GLenum kNames[kCount] = {GL_UNPACK_SWAP_BYTES, GL_UNPACK_LSB_FIRST,
                                              GL_UNPACK_ROW_LENGTH, GL_UNPACK_SKIP_PIXELS,
                                              GL_UNPACK_SKIP_ROWS,  GL_UNPACK_ALIGNMENT};
    GLint before_[kCount] = {};
};

const XCharStruct& metrics_of(const XFontStruct& font, unsigned character) {
    const unsigned low = character & 0xFF;
    const unsigned high = character >> 8;
    const bool is_in = low >= font.min_char_or_byte2 && low <= font.max_char_or_byte2 &&
                       high >= font.min_byte1 && high <= font.max_byte1;
    if (!is_in || font.per_char == nullptr) return font.max_bounds;
    const unsigned columns = font.max_char_or_byte2 - font.min_char_or_byte2 + 1;
    return font.per_char[(high - font.min_byte1) * columns + low - font.min_char_or_byte2];
}

class Glyphs {
  public:
    Glyphs(const FontApi& api, Display* display, Font font, const XFontStruct& looks)
        : api_(api), display_(display), looks_(looks) {
        width_ = static_cast<unsigned>(looks.max_bounds.rbearing - looks.min_bounds.lbearing + 1);
        height_ = static_cast<unsigned>(looks.max_bounds.ascent + looks.max_bounds.descent + 1);
        pixmap_ = api.XCreatePixmap(display, DefaultRootWindow(display), width_, height_, 1);
        XGCValues values{};
        values.font = font;
        gc_ = api.XCreateGC(display, pixmap_, GCFont, &values);
    }
    ~Glyphs() {
        api_.XFreeGC(display_, gc_);
        api_.XFreePixmap(display_, pixmap_);
    }
    Glyphs(const Glyphs&) = delete;
    Glyphs& operator=(const Glyphs&) = delete;

    // Into the display list that is being compiled.
    void draw(unsigned character) const {
        const XCharStruct& metrics = metrics_of(looks_, character);
        const int width = metrics.rbearing - metrics.lbearing;
        const int height = metrics.ascent + metrics.descent;
        const std::vector<GLubyte> bits = bits_of(character, metrics);
        gl::stub::glBitmap(bits.empty() ? 0 : width, bits.empty() ? 0 : height,
                           static_cast<GLfloat>(-metrics.lbearing), static_cast<GLfloat>(metrics.descent),
                           static_cast<GLfloat>(metrics.width), 0, bits.empty() ? nullptr : bits.data());
    }

  private:
    // Rows from below, eight pixels a byte; nothing for a glyph without any.
    std::vector<GLubyte> bits_of(unsigned character, const XCharStruct& metrics) const {
        const int width = metrics.rbearing - metrics.lbearing;
        const int height = metrics.ascent + metrics.descent;
        if (width <= 0 || height <= 0) return {};
        const XChar2b text{static_cast<unsigned char>(character >> 8), static_cast<unsigned char>(character)};
        api_.XSetForeground(display_, gc_, 0);
        api_.XFillRectangle(display_, pixmap_, gc_, 0, 0, width_, height_);
        api_.XSetForeground(display_, gc_, 1);
        api_.XDrawString16(display_, pixmap_, gc_, -metrics.lbearing, metrics.ascent, &text, 1);
        XImage* image = api_.XGetImage(display_, pixmap_, 0, 0, static_cast<unsigned>(width),
                                       static_cast<unsigned>(height), 1, XYPixmap);
        if (image == nullptr) return {};
        const auto row = static_cast<std::size_t>(width + 7) / 8;
        std::vector<GLubyte> bits(row * static_cast<std::size_t>(height));
        for (int y = 0; y < height; ++y) {
            for (int x = 0; x < width; ++x) {
                if (XGetPixel(image, x, y) == 0) continue;
                const auto at =
                    row * static_cast<std::size_t>(height - 1 - y) + static_cast<std::size_t>(x) / 8;
                bits[at] = static_cast<GLubyte>(bits[at] | 0x80 >> x % 8);
            }
        }
        XDestroyImage(image);
        return bits;
    }

    const FontApi& api_;
    Display* const display_;
    const XFontStruct& looks_;
    unsigned width_ = 1;
    unsigned height_ = 1;
    Pixmap pixmap_ = 0;
    GC gc_ = nullptr;
};

}  // namespace

void glXUseXFont(Font font, int first, int count, int list) {
    Display* display = binding().display;
    FontApi api;
    if (display == nullptr || gl::current() == nullptr || first < 0 || count < 0 || !load(api)) return;
    XFontStruct* looks = api.XQueryFont(display, font);
    if (looks == nullptr) return;
    {
        const TightPixels tight;
        const Glyphs glyphs(api, display, font, *looks);
        for (int at = 0; at < count; ++at) {
            gl::stub::glNewList(static_cast<GLuint>(list + at), GL_COMPILE);
            glyphs.draw(static_cast<unsigned>(first + at));
            gl::stub::glEndList();
        }
    }
    api.XFreeFontInfo(nullptr, looks, 1);
}

}  // namespace guest::glx
