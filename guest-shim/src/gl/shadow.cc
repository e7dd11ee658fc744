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
    shadow.attributes_at_most = shadow.model_views_at_most = shadow.projections_at_most = 0;
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

MatrixStack* Shadow::matrices() {
    const StateValue* mode = state.find(GL_MATRIX_MODE);
    if (mode == nullptr) {
        forget_matrices();
        return nullptr;
    }
    if (mode->integers[0] == GL_MODELVIEW) return &model_view;
    return mode->integers[0] == GL_PROJECTION ? &projection : nullptr;
}

bool Shadow::is_of_texture() const {
    const StateValue* mode = state.find(GL_MATRIX_MODE);
    return mode != nullptr && mode->integers[0] == GL_TEXTURE;
}

void Shadow::forget_matrices() {
    model_view.forget();
    projection.forget();
}

bool Shadow::push_matrix() {
    if (list_ != nullptr) {
        list_->pushes = std::max(list_->pushes, ++pushed_);
        if (!executes_) return takes(true);
    }
    MatrixStack* stack = takes(true) ? matrices() : nullptr;
    if (stack == nullptr) return false;
    const bool is_sure = stack->push(stack == &model_view ? model_views_at_most : projections_at_most);
    if (!is_sure) stack->forget();
    return is_sure;
}

bool Shadow::pop_matrix() {
    if (list_ != nullptr) {
        if (pushed_ == 0)
            list_->is_foreign = true;
        else
            --pushed_;
        if (!executes_) return takes(true);
    }
    MatrixStack* stack = takes(true) ? matrices() : nullptr;
    if (stack == nullptr) return false;
    const bool is_sure = stack->pop();
    if (!is_sure) stack->forget();
    return is_sure;
}

void Shadow::set_matrix_mode(bool is_sure, GLenum mode) {
    if (list_ != nullptr && pushed_ != 0) list_->is_foreign = true;
    act(0, [=](Shadow& shadow) {
        if (is_sure) return shadow.state.set(GL_MATRIX_MODE, mode);
        shadow.state.forget(GL_MATRIX_MODE);
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
    if (matrices() == stack)
        stack->top() = before;
    else
        forget_matrices();
}

bool Shadow::run(GLuint name) {
    if (retired_ || lists_ == nullptr) return false;
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
        MatrixStack* stack = matrices();
        const std::size_t most = stack == &model_view ? model_views_at_most : projections_at_most;
        if (stack != nullptr && stack->depth() + list.pushes > most) forget_matrices();
        if (stack == nullptr || stack->depth() + list.pushes > most) is_sure = false;
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
