// Which TCP ports this user listens on at a loopback address, as the kernel tells it.
#pragma once
#include <set>
#include <string>

namespace relay {

// Asks by netlink, which looks at listening sockets only and takes microseconds; /proc/net/tcp, which the
// kernel makes from all of them in milliseconds, where it has no such interface. Empty when neither answers.
std::set<int> listening_ports(const std::string& host);

}  // namespace relay
