// See ports.h.
#include "ports.h"

#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

namespace relay {
namespace {

constexpr unsigned kListen = 10;  // the state's number in the kernel, also as /proc prints it

struct Request {
    nlmsghdr header;
    inet_diag_req_v2 body;
};

bool send_request(int netlink) {
    Request request{};
    request.header.nlmsg_len = sizeof request;
    request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
    request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
    request.body.sdiag_family = AF_INET;
    request.body.sdiag_protocol = IPPROTO_TCP;
    request.body.idiag_states = 1u << kListen;
    return send(netlink, &request, sizeof request, 0) == static_cast<ssize_t>(sizeof request);
}

// Adds what one message says; false when it is the last, `failed` when it is an error.
bool take_message(const nlmsghdr& header, unsigned host, std::set<int>& ports, bool& failed) {
    failed = header.nlmsg_type == NLMSG_ERROR;
    if (failed || header.nlmsg_type == NLMSG_DONE) return false;
    inet_diag_msg found{};
    memcpy(&found, NLMSG_DATA(&header), sizeof found);
    if (found.id.idiag_src[0] == host && found.idiag_uid == geteuid()) {
        ports.insert(ntohs(found.id.idiag_sport));
    }
    return true;
}

bool ask_netlink(unsigned host, std::set<int>& ports) {
    const int netlink = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (netlink < 0) return false;
    bool more = send_request(netlink);
    bool failed = !more;
    alignas(nlmsghdr) char buffer[32 << 10];
    while (more) {
        const ssize_t got = recv(netlink, buffer, sizeof buffer, 0);
        failed = got <= 0;
        more = !failed;
        auto left = static_cast<unsigned>(got > 0 ? got : 0);
        for (auto* header = reinterpret_cast<nlmsghdr*>(buffer); more && NLMSG_OK(header, left);
             header = NLMSG_NEXT(header, left)) {
            more = take_message(*header, host, ports, failed);
        }
    }
    close(netlink);
    return !failed;
}

void read_proc(unsigned host, std::set<int>& ports) {
    FILE* file = fopen("/proc/net/tcp", "re");
    if (file == nullptr) return;
    char line[256];
    while (fgets(line, sizeof line, file) != nullptr) {
        unsigned address = 0;
        unsigned port = 0;
        unsigned state = 0;
        unsigned user = 0;
        const int read = sscanf(line, " %*d: %8x:%4x %*x:%*x %2x %*x:%*x %*x:%*x %*x %u", &address, &port,
                                &state, &user);
        // The kernel prints the address as the number that lies in memory.
        if (read == 4 && state == kListen && address == host && user == geteuid()) {
            ports.insert(static_cast<int>(port));
        }
    }
    fclose(file);
}

}  // namespace

std::set<int> listening_ports(const std::string& host) {
    std::set<int> ports;
    in_addr wanted{};
    if (inet_pton(AF_INET, host.c_str(), &wanted) != 1) return ports;
    if (!ask_netlink(wanted.s_addr, ports)) read_proc(wanted.s_addr, ports);
    return ports;
}

}  // namespace relay
