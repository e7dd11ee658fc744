// Attaching: ticket, versions, driver, the snapshot in the Welcome. Part of session.h's class.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "engine/executor.h"
#include "engine/gl/gl_executor.h"
#include "engine/session.h"
#include "engine/visible_devices.h"
#include "wire/call_id.h"
#include "wire/record.h"

namespace engine {
namespace {

using transport::GrpcStatus;
using transport::TicketVerdict;
using transport::Welcome;

Welcome refusal(abi::CUresult result, std::string message) {
    Welcome welcome;
    welcome.result = result;
    welcome.message = std::move(message);
    return welcome;
}

// The guest keeps this range free for device memory; the software device puts its memory there, so that an
// address means the same to both.
void place_software_arena(const transport::Hello& hello) {
    if (hello.window_size == 0) return;
    char arena[64];
    std::snprintf(arena, sizeof arena, "0x%llx:%llu", static_cast<unsigned long long>(hello.window_base),
                  static_cast<unsigned long long>(hello.window_size));
    ::setenv("FERRY_SOFT_ARENA", arena, 1);
}

transport::DeviceDescription described(const device::DeviceReport& report) {
    return {report.name, report.uuid, report.total_memory, report.attributes};
}

// What this host knows of images, with the guest's numbers for devices.
std::vector<transport::KnownImage> offered(const ImageStore& images, const std::vector<int>& ordinals) {
    std::vector<transport::KnownImage> known;
    for (const ImageFacts& facts : images.offered()) {
        const auto device = std::ranges::find(ordinals, facts.device);
        if (device == ordinals.end()) continue;
        known.push_back({.image = facts.image,
                         .library = facts.library,
                         .device = static_cast<std::int32_t>(device - ordinals.begin()),
                         .options = facts.options,
                         .log = facts.log,
                         .kernels = facts.kernels});
    }
    return known;
}

}  // namespace

bool Session::on_hello(const transport::Hello& hello) {
    if (state_ != State::greeting) return false;
    const TicketVerdict verdict = gate_.show(hello.ticket, Clock::now());
    if (verdict != TicketVerdict::accepted) {
        refuse_ticket(verdict);
        return false;
    }
    state_ = State::attached;  // from here on this is the guest's session, for better or worse
    events_.attached(guest_pid_, guest_uid_);
    Welcome welcome = prepare(hello);
    if (welcome.result == 0) welcome.ring = open_ring(hello);
    offer_resumption(hello, welcome);
    std::array<int, 3> descriptors{};
    if (welcome.ring) descriptors = ring_->descriptors();
    link_->send_welcome(welcome, std::span(descriptors).first(welcome.ring ? descriptors.size() : 0));
    if (welcome.result == 0) return true;
    events_.log(LogLevel::warn, "the guest was turned away: " + welcome.message);
    die(welcome.result, welcome.message, GrpcStatus::failed_precondition);
    return false;
}

void Session::refuse_ticket(TicketVerdict verdict) {
    const char* reason = "the ticket is not valid";
    if (verdict == TicketVerdict::expired) reason = "the ticket has expired";
    if (verdict == TicketVerdict::used) reason = "the ticket has been used";
    events_.log(LogLevel::warn, std::string("a guest was refused: ") + reason);
    link_->close(GrpcStatus::unauthenticated, reason);
}

Welcome Session::prepare(const transport::Hello& hello) {
    const std::string_view spec_hash = options_.spec_hash.empty() ? wire::kSpecHash : options_.spec_hash;
    if (hello.wire_version != wire::kWireVersion || hello.spec_hash != spec_hash) {
        return refusal(abi::CUDA_ERROR_SYSTEM_DRIVER_MISMATCH,
                       "the guest speaks wire version " + std::to_string(hello.wire_version) + " (calls " +
                           std::string(hello.spec_hash) + "), the host " +
                           std::to_string(wire::kWireVersion) + " (calls " + std::string(spec_hash) +
                           "): install the same version of Ferry on both");
    }
    if (hello.api == wire::kApiGl) return prepare_gl();
    if (hello.api == wire::kApiCuda && options_.lanes == nullptr) return prepare_device(hello);
    return refusal(abi::CUDA_ERROR_NOT_SUPPORTED, "the guest speaks an API that this lane does not");
}

// The host's GL is loaded when the guest asks for a context: who only looks costs nothing.
Welcome Session::prepare_gl() {
    if (options_.lanes == nullptr) lanes_ = std::make_unique<gl::Lanes>(options_, poke_, events_);
    gl::Lanes& lanes = lanes_ != nullptr ? *lanes_ : *options_.lanes;
    meters_.join();
    executor_.reset(new GlExecutor(lanes, options_.lane, *this, meters_, poke_));
    return {};
}

Welcome Session::prepare_device(const transport::Hello& hello) {
    if (options_.capture_output) {
        if (const auto status = output_.capture(); !status.ok()) {
            return refusal(abi::CUDA_ERROR_OPERATING_SYSTEM, status.message());
        }
    }
    if (options_.driver == DriverKind::software) place_software_arena(hello);
    device::NullOptions null_device = options_.null_device;
    null_device.window_base = hello.window_base;
    null_device.window_size = hello.window_size;
    auto driver = open_driver(options_.driver, options_.driver_path, null_device);
    if (!driver.ok()) return refusal(abi::CUDA_ERROR_NO_DEVICE, driver.message());
    driver_ = driver.value();
    const device::DriverReport report = device::probe_driver(driver_);
    if (report.result != abi::CUDA_SUCCESS) return refusal(report.result, report.message);

    auto ordinals = hello.has_visible_devices ? visible_devices(hello.visible_devices, report.devices)
                                              : all_devices(report.devices);
    if (ordinals.empty()) {
        return refusal(abi::CUDA_ERROR_NO_DEVICE,
                       "no device is visible (CUDA_VISIBLE_DEVICES, or none is there)");
    }
    Welcome welcome;
    welcome.snapshot.driver_version = report.driver_version;
    for (const int ordinal : ordinals) {
        welcome.snapshot.devices.push_back(described(report.devices[static_cast<std::size_t>(ordinal)]));
    }
    // NVIDIA's driver chooses its own addresses; the others use the guest's window.
    if (options_.driver != DriverKind::nvidia) {
        welcome.snapshot.window_base = hello.window_base;
        welcome.snapshot.window_size = hello.window_size;
    }
    // Of a guest over TCP nobody says whose it is: it is not told of others' code, nor believed with its own.
    if (guest_uid_ == ::geteuid())
        images_.open(options_.image_folder, options_.image_cache_bytes, report.driver_version);
    welcome.snapshot.images = offered(images_, ordinals);
    auto* executor = new Executor(driver_, std::move(ordinals), *this, meters_, poke_, output_);
    executor_.reset(executor);
    executor->modules().keep_in(&images_);
    executor->trace_to(&trace_);
    return welcome;
}

}  // namespace engine
