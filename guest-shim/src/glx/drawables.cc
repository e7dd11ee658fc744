// See drawables.h.
#include "glx/drawables.h"

#include <pthread.h>

#include <map>
#include <utility>

#include "present/presenter.h"

namespace guest::glx {
namespace {

using Name = std::pair<std::string, XID>;
using Surfaces = std::map<Name, std::shared_ptr<Surface>>;

constinit Mutex surfaces_mutex;
constinit Surfaces* surfaces = nullptr;

void lock_surfaces() { surfaces_mutex.lock(); }
void unlock_surfaces() { surfaces_mutex.unlock(); }

// The child's connections to the server are the parent's: it may not talk on them, and starts anew.
void renew_surfaces() {
    surfaces_mutex.reset();
    forget_screens_lock();
    if (surfaces == nullptr) return;
    for (const auto& [name, surface] : *surfaces) {
        if (surface->presenter != nullptr) surface->presenter->close_descriptor();
    }
    surfaces = nullptr;
}

// The lock is held.
Surfaces& known() {
    static bool hooked = false;
    if (!hooked) pthread_atfork(lock_surfaces, unlock_surfaces, renew_surfaces);
    hooked = true;
    if (surfaces == nullptr) surfaces = new Surfaces;
    return *surfaces;
}

Name name_of(Display* display, XID name) { return {DisplayString(display), name}; }

// Windows that the program drew on and has destroyed: nobody tells GLX. The lock is held; what this returns
// ends without it.
std::vector<std::shared_ptr<Surface>> take_gone() {
    std::vector<std::shared_ptr<Surface>> gone;
    Surfaces& all = known();
    for (auto at = all.begin(); at != all.end();) {
        const auto next = std::next(at);
        Surface& surface = *at->second;
        if (!surface.is_made && surface.drawable.use_count() == 1 && surface.drawable->is_gone()) {
            gone.push_back(std::move(at->second));
            all.erase(at);
        }
        at = next;
    }
    return gone;
}

void keep(Display* display, XID name, std::shared_ptr<Surface> surface) {
    std::shared_ptr<Surface> before;
    Guard guard(surfaces_mutex);
    before = std::exchange(known()[name_of(display, name)], std::move(surface));
}

}  // namespace

std::shared_ptr<Surface> find_surface(Display* display, XID name) {
    Guard guard(surfaces_mutex);
    Surfaces& all = known();
    const auto found = all.find(name_of(display, name));
    return found == all.end() ? nullptr : found->second;
}

std::shared_ptr<Surface> surface_of(Display* display, XID name, const Config& config) {
    auto known_one = find_surface(display, name);
    if (known_one != nullptr && (known_one->is_made || !known_one->drawable->is_gone())) return known_one;
    {
        std::vector<std::shared_ptr<Surface>> gone;
        Guard guard(surfaces_mutex);
        gone = take_gone();
    }
    auto made = make_surface(display, Kind::window, name, name, config);
    if (made != nullptr) made->is_made = false;
    return made;
}

std::shared_ptr<Surface> make_surface(Display* display, Kind kind, XID name, XID on, const Config& config) {
    x11::Shown shown = x11::show_on(display, on, kind == Kind::window, config.looks);
    if (shown.drawable == nullptr) return nullptr;
    auto made = std::make_shared<Surface>();
    static_cast<x11::Shown&>(*made) = std::move(shown);
    made->kind = kind;
    made->config = &config;
    made->name = name;
    made->is_made = true;
    keep(display, name, made);
    return made;
}

std::shared_ptr<Surface> make_pbuffer(Display* display, XID name, gl::Size size, const Config& config) {
    auto made = std::make_shared<Surface>();
    made->kind = Kind::pbuffer;
    made->config = &config;
    made->name = name;
    made->is_made = true;
    made->drawable = std::make_shared<gl::Drawable>(config.looks, size, nullptr);
    keep(display, name, made);
    return made;
}

bool end_surface(Display* display, XID name, Kind kind) {
    std::shared_ptr<Surface> ended;
    Guard guard(surfaces_mutex);
    Surfaces& all = known();
    const auto found = all.find(name_of(display, name));
    if (found == all.end() || found->second->kind != kind) return false;
    ended = std::move(found->second);
    all.erase(found);
    return true;
}

}  // namespace guest::glx
