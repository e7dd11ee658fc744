// The host's OpenGL, through its EGL and without a window system: NVIDIA's on its device, else Mesa's. Loaded
// when the first context is asked for, in a worker only. No vendor header is included: the few declarations
// of EGL are ours. A context is current on the thread of its lane from its creation to its end.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "host/gl_table.h"
#include "status.h"

namespace device {

enum class GlProfile : std::uint32_t { any = 0, core = 1, compatibility = 2, es = 3 };

struct GlWish {
    static constexpr std::uint32_t kDebug = 1;
    static constexpr std::uint32_t kForward = 2;
    static constexpr std::uint32_t kRobust = 4;
    static constexpr std::uint32_t kNoError = 8;

    GlProfile profile = GlProfile::any;
    std::uint32_t major = 0;  // 0: the highest there is
    std::uint32_t minor = 0;
    std::uint32_t flags = 0;
    bool lose_on_reset = false;

    bool is_es() const { return profile == GlProfile::es; }
};

class GlDriver {
public:
    // The process's only one; failure says what to install. Any thread; takes its time.
    static ferry::Result<std::unique_ptr<GlDriver>> open();
    ~GlDriver();
    GlDriver(const GlDriver&) = delete;
    GlDriver& operator=(const GlDriver&) = delete;

    // A context that shares its objects with all others of its kind (GL, or GLES), current on the calling
    // thread.
    ferry::Result<void*> create(const GlWish& wish);
    // Of the calling thread's.
    void destroy(void* context);
    // Finds all functions. Failure: one is missing that every GL has.
    ferry::Status load(GlTable& table) const;
    // What drives it, for people.
    const std::string& platform() const { return platform_; }

private:
    struct Egl;
    GlDriver();
    ferry::Status choose_platform();
    bool try_display(std::uint32_t platform, void* native, std::string described);
    void* make(const GlWish& wish, void* share, bool with_details);
    bool has(const char* extension) const;
    void* find(const char* names) const;

    std::unique_ptr<Egl> egl_;
    std::string platform_;
    std::string extensions_;  // of the display, each between blanks
    std::mutex mutex_;
    void* display_ = nullptr;
    void* config_[2] = {};  // of GL, of GLES
    void* root_[2] = {};    // what all others of the kind share with; never current
};

}  // namespace device
