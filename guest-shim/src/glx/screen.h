// The configurations of one screen: Ferry's own (gl/config.h), each with a visual of the server's that has
// the right pixels. A server has no say in what OpenGL does here, so which visual stands for which
// configuration is ours to choose. Made when a screen is first asked about; kept for ever, because programs
// keep pointers to configurations.
#pragma once
#include <X11/Xlib.h>
#include <X11/Xutil.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "futex.h"
#include "gl/config.h"
#include "guest/glx_hand.h"

struct __GLXFBConfigRec {
    guest::gl::Config looks;
    int id = 0;
    int screen = 0;
    VisualID visual = 0;
    int visual_depth = 0;
};

namespace guest::glx {

using Config = __GLXFBConfigRec;

class Screen {
  public:
    Screen(Display* display, int number);

    const std::vector<std::unique_ptr<Config>>& configs() const { return configs_; }
    bool has(const Config* config) const;
    const Config* with_id(int id) const;
    // What a window of that visual gets: what the program chose with it last, else what it stands for. Null:
    // the visual is none of those that configurations have.
    const Config* of_visual(VisualID visual);
    // The same, or the first one for a visual with the right pixels that stands for none.
    const Config* for_visual(const XVisualInfo& visual);
    // The program has taken the configuration by its visual.
    void choose(const Config& config);

  private:
    void add(const std::vector<VisualID>& visuals, int depth, bool with_alpha_only);

    const int number_;
    std::vector<std::unique_ptr<Config>> configs_;
    std::unordered_map<VisualID, const Config*> owners_;
    Mutex mutex_;
    std::unordered_map<VisualID, const Config*> chosen_;
};

// Null: there is no such screen, or it has no visual with 8 bits of red, green and blue.
Screen* find_screen(Display* display, int number);

// In a forked child.
void forget_screens_lock();

}  // namespace guest::glx
