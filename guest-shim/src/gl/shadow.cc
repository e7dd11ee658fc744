// See shadow.h.
#include "gl/shadow.h"

#include <algorithm>
#include <utility>

namespace guest::gl {
namespace {

// A list that does more is not followed, nor are calls of lists that do more together.
constexpr std::size_t kEffectsAtMost = 256;
constexpr int kEffectsACall = 4096;

// What has been pushed on the host is not known any more: from now on the host is asked after every push and
// pop.
void lose_stacks(Shadow& shadow) {
    while (shadow.state.pushed() != 0) shadow.state.pop();
    shadow.model_view = MatrixStack();
    shadow.projection = MatrixStack();
    shadow.texture_matrices.fill(MatrixStack());
    shadow.attributes_at_most = 0;
    shadow.forget_all();
}

}  // namespace

// In a list that is only compiled, too: what is wrong between these two is wrong when the list is called.
void Shadow::begin() {
    if (list_ != nullptr) list_->is_open |= std::exchange(list_begun_, true);
    in_begin_ = true;
}

void Shadow::end() {
    if (list_ != nullptr) list_->is_open |= !std::exchange(list_begun_, false);
    in_begin_ = false;
}

MatrixStack* Shadow::matrices_of(GLenum mode) {
    if (mode == GL_MODELVIEW) return &model_view;
    if (mode == GL_PROJECTION) return &projection;
    const StateValue* active = state.find(GL_ACTIVE_TEXTURE);
    if (mode != GL_TEXTURE || active == nullptr) return nullptr;
    const std::size_t unit = static_cast<GLuint>(active->integers[0]) - GL_TEXTURE0;
    return unit < fixed_units ? &texture_matrices[unit] : nullptr;
}

MatrixStack* Shadow::matrices() {
    const StateValue* mode = state.find(GL_MATRIX_MODE);
    return mode == nullptr ? nullptr : matrices_of(static_cast<GLenum>(mode->integers[0]));
}

bool Shadow::knows_matrices() const {
    const StateValue* mode = state.find(GL_MATRIX_MODE);
    return mode != nullptr && (mode->integers[0] != GL_TEXTURE || state.find(GL_ACTIVE_TEXTURE) != nullptr);
}

void Shadow::forget_matrices() {
    model_view.forget();
    projection.forget();
    for (MatrixStack& stack : texture_matrices) stack.forget();
}

void Shadow::lose_stacks_of_lists() {
    lose_stacks(*this);
    nested_sure_ = false;
}

// Of a stack that is not known the depth is lost, and so are those of all.
template <class Move>
bool Shadow::moves_stack(Move move) {
    if (!takes(true)) return false;
    MatrixStack* const stack = matrices();
    if (!knows_matrices()) lose_stacks(*this);
    const bool is_sure = stack != nullptr && move(*stack);
    if (!is_sure) forget_matrices();
    return is_sure;
}

bool Shadow::push_matrix() {
    if (list_ != nullptr) {
        list_->pushes = std::max(list_->pushes, ++pushed_);
        if (!executes_) return takes(true);
    }
    return moves_stack([](MatrixStack& stack) { return stack.push(); });
}

bool Shadow::pop_matrix() {
    if (list_ != nullptr) {
        if (pushed_ == 0)
            list_->is_foreign = true;
        else
            --pushed_;
        if (!executes_) return takes(true);
    }
    return moves_stack([](MatrixStack& stack) { return stack.pop(); });
}

bool Shadow::set_matrix_mode(bool is_sure, GLenum mode) {
    if (list_ != nullptr && pushed_ != 0) list_->is_foreign = true;
    act(0, [=](Shadow& shadow) {
        // GL refuses textures while the active unit is one without fixed functions.
        if (is_sure && shadow.matrices_of(mode) != nullptr) return shadow.state.set(GL_MATRIX_MODE, mode);
        shadow.state.forget(GL_MATRIX_MODE);
        shadow.nested_sure_ = false;
    });
    return is_sure && (list_ != nullptr || matrices_of(mode) != nullptr);
}

void Shadow::set_active_texture(bool is_sure, GLenum texture) {
    const bool within = list_ != nullptr && pushed_ != 0;
    act(0, [=](Shadow& shadow) {
        const StateValue* mode = shadow.state.find(GL_MATRIX_MODE);
        const bool is_of_unit = mode == nullptr || mode->integers[0] == GL_TEXTURE;
        // The list has pushed on another stack than it will pop from.
        if (within && is_of_unit) shadow.lose_stacks_of_lists();
        if (is_sure) return shadow.state.set(GL_ACTIVE_TEXTURE, texture);
        shadow.state.forget(GL_ACTIVE_TEXTURE);
    });
}

bool Shadow::push_attributes(GLbitfield mask) {
    if (list_ != nullptr) list_->is_foreign = true;
    if (list_ != nullptr && executes_) lose_stacks(*this);
    const bool is_sure = list_ == nullptr && takes(state.pushed() < attributes_at_most);
    if (is_sure)
        state.push(mask);
    else
        forget_all();
    return is_sure;
}

bool Shadow::pop_attributes() {
    if (list_ != nullptr) list_->is_foreign = true;
    if (list_ != nullptr && executes_) lose_stacks(*this);
    const bool is_sure = list_ == nullptr && takes(state.pushed() != 0);
    if (is_sure)
        state.pop();
    else
        forget_all();
    return is_sure;
}

void Shadow::begin_list(GLuint name, bool executes) {
    name_ = name;
    list_ = std::make_shared<ListEffects>();
    executes_ = executes;
    pushed_ = 0;
    list_begun_ = false;
}

std::shared_ptr<const ListEffects> Shadow::end_list() {
    if (list_ == nullptr) return nullptr;
    if (pushed_ != 0) list_->is_foreign = true;
    if (list_begun_) list_->is_open = true;
    if (list_->effects.size() > kEffectsAtMost) list_->is_foreign = true;
    if (list_->is_foreign) list_->effects.clear();
    if (!executes_) in_begin_ = false;
    return std::exchange(list_, nullptr);
}

void Shadow::note(GLenum name, std::function<void(Shadow&)> apply) {
    if (in_begin_ && name != GL_CURRENT_COLOR) list_->is_foreign = true;
    std::vector<ListEffects::Effect>& effects = list_->effects;
    if (effects.size() > kEffectsAtMost) return;
    // Of a run of colours only the last one counts.
    for (auto effect = effects.rbegin(); name == GL_CURRENT_COLOR && effect != effects.rend(); ++effect) {
        if (effect->name == 0) break;
        if (effect->name != name) continue;
        effect->apply = std::move(apply);
        return;
    }
    effects.push_back({name, std::move(apply)});
}

bool Shadow::call_list(const ListTable& lists, GLuint name, bool may_draw) {
    if (list_ != nullptr) {
        // Lists are looked up when the list is called.
        note(0, [name, within = pushed_ != 0](Shadow& shadow) { shadow.run_nested(name, within); });
        if (!executes_) return true;
    }
    lists_ = &lists;
    may_draw_ = may_draw;
    budget_ = kEffectsACall;
    nested_sure_ = true;
    const bool is_sure = run(name);
    lists_ = nullptr;
    return is_sure && nested_sure_;
}

// `within`: behind a push of the list that calls it, which takes its changes of the matrix back.
void Shadow::run_nested(GLuint name, bool within) {
    MatrixStack* const stack = within ? matrices() : nullptr;
    const MatrixStack::Entry before = stack == nullptr ? MatrixStack::Entry() : stack->top();
    nested_sure_ &= run(name);
    if (stack == nullptr) return;
    // Where the list that was called has changed the mode, what was pushed stays.
    if (matrices() == stack)
        stack->top() = before;
    else
        lose_stacks_of_lists();
}

bool Shadow::run(GLuint name) {
    // GL refuses a list without a name.
    if (retired_ || lists_ == nullptr || name == 0) return false;
    const auto found = lists_->find(name);
    if (found == lists_->end()) return true;  // GL does nothing
    const ListEffects& list = *found->second;
    if (list.is_open) {
        retire();
        return false;
    }
    budget_ -= static_cast<int>(list.effects.size()) + 1;
    const bool is_lost = list.is_foreign || budget_ < 0 || (in_begin_ && !list.effects.empty());
    if (is_lost) {
        lose_stacks(*this);
        return false;
    }
    bool is_sure = !list.may_fail && (!list.draws || (may_draw_ && !in_begin_));
    if (list.pushes != 0) {
        const MatrixStack* const stack = matrices();
        const bool fits = stack != nullptr && stack->depth() + list.pushes <= stack->at_most;
        is_sure &= fits;
        // GL may refuse a push of it, and not the pop that belongs to that.
        if (!fits) lose_stacks(*this);
    }
    for (const ListEffects::Effect& effect : list.effects) effect.apply(*this);
    return is_sure;
}

void Shadow::forget_all() {
    state.forget_all();
    forget_matrices();
}

void Shadow::retire() {
    forget_all();
    retired_ = true;
}

}  // namespace guest::gl
