// See screen.h.
#include "glx/screen.h"

#include <algorithm>
#include <utility>

#include "x11/api.h"
#include "x11/visuals.h"

namespace guest::glx {
namespace {

struct Known {
    std::string server;
    int number;
    std::unique_ptr<Screen> screen;
};

constinit Mutex screens_mutex;

std::vector<Known>& known_screens() {
    static std::vector<Known>& screens = *new std::vector<Known>;
    return screens;
}

}  // namespace

Screen::Screen(Display* display, int number) : number_(number) {
    add(x11::visuals_of(display, number, 24), 24, false);
    add(x11::visuals_of(display, number, 32), 32, true);
}

// Configurations beyond the number of visuals share the first one; which of them a program means by it, it
// says by choosing.
void Screen::add(const std::vector<VisualID>& visuals, int depth, bool with_alpha_only) {
    if (visuals.empty()) return;
    std::size_t next = 0;
    for (const gl::Config& looks : gl::configs()) {
        if (with_alpha_only && looks.alpha == 0) continue;
        const bool has_own = next < visuals.size();
        const VisualID visual = has_own ? visuals[next] : visuals.front();
        ++next;
        const int id = static_cast<int>(configs_.size()) + 1;
        configs_.push_back(std::make_unique<Config>(Config{looks, id, number_, visual, depth}));
        if (has_own) owners_[visual] = configs_.back().get();
    }
}

bool Screen::has(const Config* config) const {
    return std::any_of(configs_.begin(), configs_.end(),
                       [&](const auto& known) { return known.get() == config; });
}

const Config* Screen::with_id(int id) const {
    const bool exists = id >= 1 && static_cast<std::size_t>(id) <= configs_.size();
    return exists ? configs_[static_cast<std::size_t>(id) - 1].get() : nullptr;
}

const Config* Screen::of_visual(VisualID visual) {
    Guard guard(mutex_);
    if (const auto chosen = chosen_.find(visual); chosen != chosen_.end()) return chosen->second;
    const auto owner = owners_.find(visual);
    return owner == owners_.end() ? nullptr : owner->second;
}

const Config* Screen::for_visual(const XVisualInfo& visual) {
    if (const Config* own = of_visual(visual.visualid)) return own;
    if (!x11::has_our_pixels(visual)) return nullptr;
    const auto fits = [&](const auto& config) { return config->visual_depth == visual.depth; };
    const auto found = std::find_if(configs_.begin(), configs_.end(), fits);
    return found == configs_.end() ? nullptr : found->get();
}

void Screen::choose(const Config& config) {
    Guard guard(mutex_);
    if (owners_[config.visual] != &config || chosen_.contains(config.visual)) {
        chosen_[config.visual] = &config;
    }
}

Screen* find_screen(Display* display, int number) {
    if (display == nullptr || x11::api() == nullptr || number < 0 || number >= ScreenCount(display)) {
        return nullptr;
    }
    const char* server = DisplayString(display);
    Guard guard(screens_mutex);
    std::vector<Known>& screens = known_screens();
    const auto is_it = [&](const Known& known) { return known.number == number && known.server == server; };
    auto known = std::find_if(screens.begin(), screens.end(), is_it);
    if (known == screens.end()) {
        screens.push_back({server, number, std::make_unique<Screen>(display, number)});
        known = std::prev(screens.end());
    }
    return known->screen->configs().empty() ? nullptr : known->screen.get();
}

void forget_screens_lock() { screens_mutex.reset(); }

}  // namespace guest::glx
