// See gl_driver.h. Numbers and signatures are those of EGL 1.5 and of the extensions named beside them.
#include "device/gl_driver.h"

#include <dlfcn.h>

#include <array>
#include <cstring>
#include <string_view>
#include <vector>

namespace device {
namespace {

using Egl32 = std::int32_t;
using EglAttribute = std::intptr_t;

constexpr Egl32 kNone = 0x3038;
constexpr Egl32 kExtensions = 0x3055;
constexpr Egl32 kVendor = 0x3053;
constexpr Egl32 kSurfaceType = 0x3033;
constexpr Egl32 kPbufferBit = 1;
constexpr Egl32 kRenderableType = 0x3040;
constexpr Egl32 kRenderableGl = 8;
constexpr Egl32 kRenderableEs2 = 4;
constexpr unsigned kApiGl = 0x30A2;
constexpr unsigned kApiEs = 0x30A0;
constexpr Egl32 kMajor = 0x3098;
constexpr Egl32 kMinor = 0x30FB;
constexpr Egl32 kProfileMask = 0x30FD;
constexpr Egl32 kDebug = 0x31B0;
constexpr Egl32 kForwardCompatible = 0x31B1;
constexpr Egl32 kRobustAccess = 0x31B2;
constexpr Egl32 kResetStrategy = 0x31BD;
constexpr Egl32 kLoseContext = 0x31BF;
constexpr Egl32 kNoError = 0x31B3;                      // KHR_create_context_no_error
constexpr std::uint32_t kPlatformDevice = 0x313F;       // EXT_platform_device
constexpr std::uint32_t kPlatformSurfaceless = 0x31DD;  // MESA_platform_surfaceless
constexpr std::size_t kDevicesAsked = 16;

constexpr const char* kInstall =
    "this host has no usable EGL: install libEGL and a GL driver (Debian: libegl1 libgl1-mesa-dri)";

std::string spaced(const char* list) { return " " + std::string(list == nullptr ? "" : list) + " "; }

bool lists(const std::string& list, const char* name) {
    return list.find(" " + std::string(name) + " ") != std::string::npos;
}

}  // namespace

struct GlDriver::Egl {
    void* library = nullptr;
    void* (*get_proc_address)(const char*) = nullptr;
    void* (*get_platform_display)(unsigned, void*, const EglAttribute*) = nullptr;
    unsigned (*initialize)(void*, Egl32*, Egl32*) = nullptr;
    unsigned (*terminate)(void*) = nullptr;
    const char* (*query_string)(void*, Egl32) = nullptr;
    unsigned (*bind_api)(unsigned) = nullptr;
    unsigned (*choose_config)(void*, const Egl32*, void**, Egl32, Egl32*) = nullptr;
    void* (*create_context)(void*, void*, void*, const Egl32*) = nullptr;
    unsigned (*destroy_context)(void*, void*) = nullptr;
    unsigned (*make_current)(void*, void*, void*, void*) = nullptr;
    Egl32 (*get_error)() = nullptr;
    unsigned (*query_devices)(Egl32, void**, Egl32*) = nullptr;  // EXT_device_base
    const char* (*query_device_string)(void*, Egl32) = nullptr;

    template <class Function>
    bool load(const char* name, Function& function) {
        // SAFETY: the symbol of that name has this type; dlsym knows no types.
        function = reinterpret_cast<Function>(::dlsym(library, name));
        return function != nullptr;
    }
    template <class Function>
    bool find(const char* name, Function& function) {
        // SAFETY: as above.
        function = reinterpret_cast<Function>(get_proc_address(name));
        return function != nullptr;
    }
    bool open() {
        library = ::dlopen("libEGL.so.1", RTLD_NOW | RTLD_LOCAL);
        return library != nullptr && load("eglGetProcAddress", get_proc_address) &&
               load("eglGetPlatformDisplay", get_platform_display) && load("eglInitialize", initialize) &&
               load("eglTerminate", terminate) && load("eglQueryString", query_string) &&
               load("eglBindAPI", bind_api) && load("eglChooseConfig", choose_config) &&
               load("eglCreateContext", create_context) && load("eglDestroyContext", destroy_context) &&
               load("eglMakeCurrent", make_current) && load("eglGetError", get_error);
    }
};

GlDriver::GlDriver() : egl_(std::make_unique<Egl>()) {}

// Contexts are their lanes' to destroy. The library stays: Mesa's threads may be inside.
GlDriver::~GlDriver() {
    for (void* root : root_) {
        if (root != nullptr) egl_->destroy_context(display_, root);
    }
    if (display_ != nullptr) egl_->terminate(display_);
}

ferry::Result<std::unique_ptr<GlDriver>> GlDriver::open() {
    std::unique_ptr<GlDriver> driver(new GlDriver);
    if (!driver->egl_->open()) return ferry::Status::failure(kInstall);
    if (const auto status = driver->choose_platform(); !status.ok()) return status;
    return driver;
}

bool GlDriver::has(const char* extension) const { return lists(extensions_, extension); }

// A device of its own first; the default display would be a window system's.
ferry::Status GlDriver::choose_platform() {
    const std::string client = spaced(egl_->query_string(nullptr, kExtensions));
    std::vector<void*> software;
    const bool asks = lists(client, "EGL_EXT_platform_device") || lists(client, "EGL_EXT_device_base");
    if (asks && egl_->find("eglQueryDevicesEXT", egl_->query_devices) &&
        egl_->find("eglQueryDeviceStringEXT", egl_->query_device_string)) {
        std::array<void*, kDevicesAsked> devices{};
        Egl32 count = 0;
        if (egl_->query_devices(static_cast<Egl32>(devices.size()), devices.data(), &count) == 0) count = 0;
        for (Egl32 index = 0; index < count; ++index) {
            void* device = devices[static_cast<std::size_t>(index)];
            const std::string list = spaced(egl_->query_device_string(device, kExtensions));
            if (lists(list, "EGL_MESA_device_software")) {
                software.push_back(device);
            } else if (try_display(kPlatformDevice, device, "device " + std::to_string(index))) {
                return ferry::Status::success();
            }
        }
    }
    if (lists(client, "EGL_MESA_platform_surfaceless") &&
        try_display(kPlatformSurfaceless, nullptr, "surfaceless")) {
        return ferry::Status::success();
    }
    for (void* device : software) {
        if (try_display(kPlatformDevice, device, "software device")) return ferry::Status::success();
    }
    return ferry::Status::failure(kInstall);
}

bool GlDriver::try_display(std::uint32_t platform, void* native, std::string described) {
    void* display = egl_->get_platform_display(platform, native, nullptr);
    Egl32 major = 0;
    Egl32 minor = 0;
    if (display == nullptr || egl_->initialize(display, &major, &minor) == 0) return false;
    display_ = display;
    extensions_ = spaced(egl_->query_string(display, kExtensions));
    const char* vendor = egl_->query_string(display, kVendor);
    platform_ = std::string(vendor == nullptr ? "unknown" : vendor) + ", " + described;
    bool usable =
        has("EGL_KHR_surfaceless_context") && (major > 1 || minor >= 5 || has("EGL_KHR_create_context"));
    for (const bool is_es : {false, true}) {
        const Egl32 wanted[] = {kSurfaceType, kPbufferBit, kRenderableType,
                                is_es ? kRenderableEs2 : kRenderableGl, kNone};
        Egl32 count = 0;
        void* config = nullptr;
        const bool chosen = egl_->choose_config(display, wanted, &config, 1, &count) != 0 && count > 0;
        config_[is_es] = chosen ? config : nullptr;
        usable = usable && (chosen || has("EGL_KHR_no_config_context"));
        root_[is_es] =
            usable ? make({.profile = is_es ? GlProfile::es : GlProfile::any}, nullptr, false) : nullptr;
    }
    if (usable && (root_[0] != nullptr || root_[1] != nullptr)) return true;
    egl_->terminate(display);
    display_ = nullptr;
    return false;
}

void* GlDriver::make(const GlWish& wish, void* share, bool with_details) {
    std::vector<Egl32> attributes;
    const auto add = [&attributes](Egl32 name, Egl32 value) {
        attributes.push_back(name);
        attributes.push_back(value);
    };
    const std::uint32_t lowest = wish.is_es() ? 2 : wish.profile == GlProfile::core ? 3 : 1;
    const std::uint32_t least = wish.profile == GlProfile::core && wish.major == 0 ? 2 : 0;
    add(kMajor, static_cast<Egl32>(wish.major == 0 ? lowest : wish.major));
    add(kMinor, static_cast<Egl32>(wish.major == 0 ? least : wish.minor));
    if (wish.profile == GlProfile::core) add(kProfileMask, 1);
    if (wish.profile == GlProfile::compatibility) add(kProfileMask, 2);
    if (with_details) {
        if ((wish.flags & GlWish::kDebug) != 0) add(kDebug, 1);
        if ((wish.flags & GlWish::kForward) != 0 && !wish.is_es()) add(kForwardCompatible, 1);
        if ((wish.flags & GlWish::kRobust) != 0) add(kRobustAccess, 1);
        if (wish.lose_on_reset) add(kResetStrategy, kLoseContext);
        const bool no_error = (wish.flags & GlWish::kNoError) != 0;
        if (no_error && has("EGL_KHR_create_context_no_error")) add(kNoError, 1);
    }
    attributes.push_back(kNone);
    if (egl_->bind_api(wish.is_es() ? kApiEs : kApiGl) == 0) return nullptr;
    return egl_->create_context(display_, config_[wish.is_es()], share, attributes.data());
}

ferry::Result<void*> GlDriver::create(const GlWish& wish) {
    const std::lock_guard lock(mutex_);
    void* root = root_[wish.is_es()];
    void* context = root == nullptr ? nullptr : make(wish, root, true);
    if (context == nullptr && root != nullptr) {
        // What contexts that share must agree in; these do without it.
        GlWish modest = wish;
        modest.flags &= ~GlWish::kNoError;
        modest.lose_on_reset = false;
        context = make(modest, root, true);
    }
    if (context == nullptr) {
        return ferry::Status::failure("the host's GL (" + platform_ + ") makes no such context: EGL error " +
                                      std::to_string(egl_->get_error()));
    }
    if (egl_->make_current(display_, nullptr, nullptr, context) != 0) return context;
    egl_->destroy_context(display_, context);
    return ferry::Status::failure("the host's GL (" + platform_ +
                                  ") cannot do without a surface: EGL error " +
                                  std::to_string(egl_->get_error()));
}

void GlDriver::destroy(void* context) {
    const std::lock_guard lock(mutex_);
    egl_->make_current(display_, nullptr, nullptr, nullptr);
    egl_->destroy_context(display_, context);
}

// Mesa up to 22 knows the bounded queries only by their first names, and answers for the later ones with a
// function that does nothing.
void* GlDriver::find(const char* names) const {
    void* found = nullptr;
    for (std::string_view name = names; !name.empty(); name = name.data() + name.size() + 1) {
        const bool is_older = name.starts_with("glGetn") && name.ends_with("ARB");
        if (found == nullptr || is_older) found = egl_->get_proc_address(name.data());
    }
    return found;
}

ferry::Status GlDriver::load(GlTable& table) const {
    for (const GlSymbol& symbol : kGlSymbols) {
        void* function = find(symbol.names);
        if (function == nullptr && symbol.required) {
            return ferry::Status::failure("the host's GL (" + platform_ + ") has no " + symbol.names);
        }
        // SAFETY: the entry at that offset is a pointer to this function.
        std::memcpy(reinterpret_cast<std::byte*>(&table) + symbol.offset, &function, sizeof function);
    }
    return ferry::Status::success();
}

}  // namespace device
