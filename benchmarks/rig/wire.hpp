// What the driver and the scripted upstream share: clock, options, loopback sockets, and HTTP/1.1 heads and bodies, read as they come.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

using std::string;
using std::string_view;

inline uint64_t now_ns() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return uint64_t(t.tv_sec) * 1000000000ull + t.tv_nsec;
}

inline double cpu_s() {
  rusage used;
  getrusage(RUSAGE_SELF, &used);
  return double(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

[[noreturn]] inline void give_up(const string& why) {
  fprintf(stderr, "%s: %s\n", why.c_str(), strerror(errno));
  exit(2);
}

struct Options {  // --name value --name value
  std::multimap<string, string> given;
  Options(int argc, char** argv) {
    for (int i = 1; i + 1 < argc; i += 2) given.emplace(argv[i] + 2, argv[i + 1]);
  }
  string text(const string& name, const string& otherwise) const {
    auto found = given.find(name);
    return found == given.end() ? otherwise : found->second;
  }
  double number(const string& name, double otherwise) const {
    auto found = given.find(name);
    return found == given.end() ? otherwise : atof(found->second.c_str());
  }
};

inline void prepare_process() {
  signal(SIGPIPE, SIG_IGN);
  prctl(PR_SET_TIMERSLACK, 1);
  rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

inline sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline void no_delay(int fd) {
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

inline void watch(int poll, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

// The 16 digits behind an '@': tens of nanoseconds of CLOCK_MONOTONIC; 0 where they are no digits.
constexpr size_t STAMP = 17;
inline void stamp(char* at) {
  uint64_t value = now_ns() / 10;
  *at = '@';
  for (int i = 16; i >= 1; --i, value /= 10) at[i] = char('0' + value % 10);
}
inline uint64_t stamped_ns(const char* at) {
  uint64_t value = 0;
  for (int i = 1; i <= 16; ++i) {
    if (at[i] < '0' || at[i] > '9') return 0;
    value = value * 10 + (at[i] - '0');
  }
  return value * 10;
}

// One HTTP/1.1 message, fed in pieces of any size. `take` gets the body without its framing.
struct Message {
  enum State { HEAD, SIZED, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILER, TO_THE_END, WHOLE } state = HEAD;
  string head, line;
  size_t left = 0;
  bool closes = false;

  void again() {
    state = HEAD;
    head.clear();
    line.clear();
    left = 0;
    closes = false;
  }
  int status() const { return head.size() > 12 ? atoi(head.c_str() + 9) : 0; }

  // How many bytes were used: all, unless the message is whole before. `is_answer` bodies without a length go on until the end.
  template <class Take>
  size_t feed(const char* bytes, size_t size, bool is_answer, Take take) {
    size_t at = 0;
    while (at < size && state != WHOLE) {
      switch (state) {
        case HEAD: at += feed_head(bytes + at, size - at, is_answer); break;
        case SIZED:
        case CHUNK:
        case TO_THE_END: {
          size_t n = state == TO_THE_END ? size - at : std::min(left, size - at);
          take(bytes + at, n);
          at += n;
          if (state == TO_THE_END) break;
          left -= n;
          if (!left) state = state == SIZED ? WHOLE : CHUNK_END;
          break;
        }
        default: feed_line(bytes[at++]);
      }
    }
    return at;
  }

 private:
  size_t feed_head(const char* bytes, size_t size, bool is_answer) {
    size_t had = head.size();
    head.append(bytes, size);
    size_t end = head.find("\r\n\r\n", had > 3 ? had - 3 : 0);
    if (end == string::npos) return size;
    head.resize(end + 4);
    bool is_chunked = false, has_length = false;
    for (size_t at = head.find("\r\n") + 2; at < end;) {
      size_t next = head.find("\r\n", at), colon = head.find(':', at);
      string_view name(head.data() + at, colon - at), value(head.data() + colon + 1, next - colon - 1);
      while (!value.empty() && value[0] == ' ') value.remove_prefix(1);
      auto is = [&](const char* other) { return name.size() == strlen(other) && !strncasecmp(name.data(), other, name.size()); };
      if (is("content-length")) left = strtoul(value.data(), nullptr, 10), has_length = true;
      if (is("transfer-encoding")) is_chunked = true;
      if (is("connection")) closes = !strncasecmp(value.data(), "close", 5);
      at = next + 2;
    }
    if (is_answer && status() / 100 == 1) {
      head.clear();
    } else if (is_chunked) {
      state = CHUNK_SIZE;
    } else if (has_length || !is_answer) {
      state = left ? SIZED : WHOLE;
    } else {
      state = TO_THE_END, closes = true;
    }
    return end + 4 - had;
  }

  void feed_line(char byte) {  // sizes of chunks, the empty line behind each, and the trailer
    if (byte != '\n') {
      if (byte != '\r') line += byte;
      return;
    }
    if (state == CHUNK_SIZE) {
      left = strtoul(line.c_str(), nullptr, 16);
      state = left ? CHUNK : TRAILER;
    } else if (state == CHUNK_END) {
      state = CHUNK_SIZE;
    } else if (line.empty()) {
      state = WHOLE;
    }
    line.clear();
  }
};
