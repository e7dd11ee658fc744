// See drawable.h.
#include "gl/drawable.h"

#include <algorithm>
#include <utility>

#include "gl/process.h"
#include "gl/runtime.h"

namespace guest::gl {
namespace {

constexpr std::uint32_t kDoubleBuffered = 1;

Size at_least_one(Size size) { return {std::max(size.width, 1u), std::max(size.height, 1u)}; }

// What was drawn is drawn before what another context draws there next.
void let_go(Context& context) {
    send(context, wire::glFlush_Request{});
    show_front(context);
    Surfaces& surfaces = context.surfaces;
    if (surfaces.draw != nullptr) surfaces.draw->leave(context.lane());
    if (surfaces.read != nullptr && surfaces.read != surfaces.draw) surfaces.read->leave(context.lane());
    context.lane().seal();
}

}  // namespace

Drawable::Drawable(const Config& config, Size size, std::unique_ptr<Outlet> outlet)
    : number_(next_drawable()), config_(config), outlet_(std::move(outlet)), size_(at_least_one(size)) {}

Drawable::~Drawable() {
    if (!announced_) return;
    GlLane* lane = lane_for(nullptr);
    if (lane != nullptr) post(*lane, wire::gl_drawable_gone_Request{.drawable = number_});
}

Size Drawable::size() {
    Guard guard(mutex_);
    return size_;
}

Size Drawable::ask_size() { return outlet_ == nullptr ? size() : outlet_->ask_size(); }

void Drawable::announce(GlLane& lane) {
    post(lane, wire::gl_drawable_Request{.drawable = number_,
                                         .width = size_.width,
                                         .height = size_.height,
                                         .colour = config_.colour(),
                                         .depth = static_cast<std::uint32_t>(config_.depth),
                                         .stencil = static_cast<std::uint32_t>(config_.stencil),
                                         .samples = static_cast<std::uint32_t>(config_.samples),
                                         .flags = config_.is_double ? kDoubleBuffered : 0});
    announced_ = true;
    last_lane_ = &lane;
    last_position_ = lane.position();
}

void Drawable::enter(GlLane& lane) {
    Guard guard(mutex_);
    if (!announced_) return announce(lane);
    if (last_lane_ == &lane) return;
    // What this lane is to wait for must be on its way.
    last_lane_->seal();
    post(lane, wire::gl_await_Request{.lane = last_lane_->number(), .position = last_position_});
    last_lane_ = &lane;
    last_position_ = lane.position();
}

void Drawable::leave(GlLane& lane) {
    Guard guard(mutex_);
    last_lane_ = &lane;
    last_position_ = lane.position();
}

GlLane* Drawable::lane_for(GlLane* lane) {
    Guard guard(mutex_);
    if (lane != nullptr || last_lane_ == nullptr) return lane;
    // A lane that has ended has executed all it had.
    return last_lane_->lost() == abi::CUDA_SUCCESS ? last_lane_ : any_lane();
}

void Drawable::take_size(GlLane& lane, Size size) {
    size = at_least_one(size);
    Guard guard(mutex_);
    if (size == size_) return;
    size_ = size;
    asked_count_ = 0;
    announce(lane);
}

void Drawable::show(GlLane* lane, Plane plane) {
    GlLane* by = lane_for(lane);
    // What nothing was drawn on has nothing to show.
    if (outlet_ == nullptr || by == nullptr) return;
    const Size drawn = size();
    outlet_->show({by, number_, drawn, plane, {0, 0, drawn}});
    take_size(*by, outlet_->size());
}

void Drawable::show_part(GlLane* lane, const Area& area) {
    GlLane* by = lane_for(lane);
    if (outlet_ != nullptr && by != nullptr) outlet_->show({by, number_, size(), Plane::back, area});
}

void Drawable::show_rows(GlLane* lane, const Rectangle& rectangle) {
    const auto rows = static_cast<int>(size().height);
    if (rectangle.x < 0 || rectangle.y < 0 || rectangle.y >= rows || rectangle.width <= 0) return;
    const int shown = std::min(rectangle.height, rows - rectangle.y);
    if (shown <= 0) return;
    show_part(lane, {static_cast<std::uint32_t>(rectangle.x),
                     static_cast<std::uint32_t>(rows - rectangle.y - shown),
                     {static_cast<std::uint32_t>(rectangle.width), static_cast<std::uint32_t>(shown)}});
}

void Drawable::show_on(Outlet& outlet, GlLane* lane) {
    GlLane* by = lane_for(lane);
    const Size drawn = size();
    const Plane plane = config_.is_double ? Plane::back : Plane::front;
    if (by != nullptr) outlet.show({by, number_, drawn, plane, {0, 0, drawn}});
}

void Drawable::note_viewport(GlLane& lane, Size viewport) {
    if (outlet_ == nullptr) return;
    {
        Guard guard(mutex_);
        if (viewport == size_) return;
        const auto end = asked_.begin() + static_cast<std::ptrdiff_t>(std::min(asked_count_, asked_.size()));
        if (std::find(asked_.begin(), end, viewport) != end) return;
        asked_[asked_count_++ % asked_.size()] = viewport;
    }
    take_size(lane, outlet_->ask_size());
}

void Drawable::finish() {
    if (outlet_ != nullptr) outlet_->finish();
}

void bind(Context* context, std::shared_ptr<Drawable> draw, std::shared_ptr<Drawable> read) {
    Context* before = current();
    const bool stays = context == before;
    if (before != nullptr) let_go(*before);
    if (before != nullptr && !stays) {
        before->surfaces.draw.reset();
        before->surfaces.read.reset();
    }
    make_current(context);
    if (context == nullptr) return;
    Surfaces& surfaces = context->surfaces;
    if (stays && surfaces.draw == draw && surfaces.read == read) return;
    // The first window a context gets decides these.
    context->shadow.state.forget(GL_VIEWPORT);
    context->shadow.state.forget(GL_SCISSOR_BOX);
    if (draw != nullptr) draw->enter(context->lane());
    if (read != nullptr && read != draw) read->enter(context->lane());
    post(context->lane(), wire::gl_make_current_Request{.draw = draw != nullptr ? draw->number() : 0,
                                                        .read = read != nullptr ? read->number() : 0});
    surfaces.draw = std::move(draw);
    surfaces.read = std::move(read);
}

void show_front(Context& context) {
    const Surfaces& surfaces = context.surfaces;
    if (surfaces.is_front() && surfaces.draw->has_outlet())
        surfaces.draw->show(&context.lane(), Plane::front);
}

}  // namespace guest::gl
