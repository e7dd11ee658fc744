// What the guest follows of a context so that questions and errors need no answer from the host: its state,
// its matrices, whether it is between glBegin and glEnd, and what display lists do to all that. Calls tell it
// what they do before their records go out; while a list is compiled they are noted with the list, and done
// when it is called. A context's; one thread.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gl/matrices.h"
#include "gl/state.h"

namespace guest::gl {

class Shadow;

// What a display list does when it is called.
struct ListEffects {
    struct Effect {
        GLenum name;  // the state it sets, so that only the last one is kept; 0: something else
        std::function<void(Shadow&)> apply;
    };
    std::vector<Effect> effects;
    bool may_fail = false;    // it holds a call that GL may refuse
    bool draws = false;       // GL may refuse it where drawing is refused
    bool is_foreign = false;  // it does what is not followed
    bool is_open = false;     // glBegin and glEnd do not match in it
    std::size_t pushes = 0;   // matrices it has on the stack at most
};
using ListTable = std::unordered_map<GLuint, std::shared_ptr<const ListEffects>>;

class Shadow {
  public:
    State state;
    MatrixStack model_view;
    MatrixStack projection;
    std::array<MatrixStack, kFollowedUnits> texture_matrices;

    // The texture units that have fixed functions, as far as they are followed.
    std::size_t fixed_units = 0;
    // The most that GL takes; 0: not known, nothing is followed then.
    std::size_t attributes_at_most = 0;

    bool in_begin() const { return in_begin_; }
    // Whether what the host says now stays true until something is told otherwise.
    bool knows() const { return !retired_; }
    void begin();
    void end();

    // Whether a call is one that GL cannot refuse: its parameters are fine, and it stands where it may.
    bool takes(bool is_valid) const { return is_valid && !in_begin_ && !retired_; }
    bool takes_within(bool is_valid) const { return is_valid && !retired_; }

    // Does it to this shadow, or notes it with the list that is compiled.
    template <class Do>
    void act(GLenum name, Do&& what) {
        if (list_ != nullptr) note(name, std::function<void(Shadow&)>(what));
        if (list_ == nullptr || executes_) what(*this);
    }
    // The same for one value of the state; `is_sure`: GL takes the call.
    template <class... Values>
    void set(bool is_sure, GLenum name, Values... values) {
        act(name, [=](Shadow& shadow) {
            if (is_sure)
                shadow.state.set(name, values...);
            else
                shadow.state.forget(name);
        });
    }
    // The stack of that mode, for textures that of the active unit; null: not known which, or not followed.
    MatrixStack* matrices_of(GLenum mode);
    // The stack that matrix calls work on; null: not known which, or not followed.
    MatrixStack* matrices();
    bool knows_matrices() const;
    // A call that changes the top matrix. False: GL may refuse it.
    template <class Change>
    bool change_matrix(Change&& change) {
        const bool is_sure = takes(true);
        const auto what = [=](Shadow& shadow) {
            MatrixStack* stack = is_sure ? shadow.matrices() : nullptr;
            if (stack != nullptr) return change(stack->top());
            shadow.nested_sure_ = false;
            if (!is_sure || !shadow.knows_matrices()) shadow.forget_matrices();
        };
        // What follows a push is undone before the list ends.
        if (list_ != nullptr && pushed_ == 0) note(0, what);
        if (list_ == nullptr || executes_) what(*this);
        return is_sure && (list_ != nullptr || matrices() != nullptr);
    }
    bool push_matrix();
    bool pop_matrix();
    // False: GL may refuse it.
    bool set_matrix_mode(bool is_sure, GLenum mode);
    void set_active_texture(bool is_sure, GLenum texture);
    void forget_matrices();
    bool push_attributes(GLbitfield mask);
    bool pop_attributes();

    // Display lists.
    void begin_list(GLuint name, bool executes);
    std::shared_ptr<const ListEffects> end_list();
    // The one being compiled.
    GLuint list() const { return name_; }
    bool is_compiling() const { return list_ != nullptr; }
    // Calls are done now, and not only put into a list.
    bool is_executing() const { return list_ == nullptr || executes_; }
    // What a call that is compiled is noted for.
    void note_risk() {
        if (list_ != nullptr) list_->may_fail = true;
    }
    void note_draw() {
        if (list_ != nullptr) list_->draws = true;
    }
    // False where GL may refuse what is in the list. Lists are those of the share group, and stay as they
    // are.
    bool call_list(const ListTable& lists, GLuint name, bool may_draw);

    // Something happened that is not followed.
    void forget_all();
    // Nothing is certain any more: from now on all is asked.
    void retire();

  private:
    template <class Move>
    bool moves_stack(Move move);
    void lose_stacks_of_lists();
    void note(GLenum name, std::function<void(Shadow&)> apply);
    bool run(GLuint name);
    void run_nested(GLuint name, bool within);

    bool in_begin_ = false;
    bool retired_ = false;
    std::shared_ptr<ListEffects> list_;  // being compiled
    GLuint name_ = 0;
    bool executes_ = false;
    std::size_t pushed_ = 0;   // matrices the list has pushed
    bool list_begun_ = false;  // between glBegin and glEnd of the list
    // While lists are called.
    const ListTable* lists_ = nullptr;
    bool may_draw_ = false;
    bool nested_sure_ = true;
    int budget_ = 0;
};

}  // namespace guest::gl
