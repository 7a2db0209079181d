// The load: one thread, epoll, loopback, keep-alive. Prints one JSON object.
//   driver --port P --bodies FILE --conns 16 --seconds 2                 closed loop: each connection asks again when it was answered
//   driver --port P --bodies FILE --conns 512 --seconds 5 --rate 100     open loop: a latency counts from when its request was DUE
// Streams are `--chunks N` (how many stamped events a whole one has); `--ramp-s` starts the connections over so long; `--requests` bounds.
// FILE holds bodies that differ: a line of words of one length, then for each body its size on a line and its bytes. A run of 0x01 of a
// word's length is a blank; each time the body is sent its blanks get words anew, so that no text is sent twice. `--seed` says which.
#include "wire.hpp"

struct Body {
  string request;              // head and body, as sent
  std::vector<size_t> blanks;  // where words go
};
static std::vector<Body> bodies;
static std::vector<string> words;
static uint64_t dice;

static uint64_t roll() {
  dice ^= dice << 13, dice ^= dice >> 7, dice ^= dice << 17;
  return dice >> 11;
}

static const string& next_request() {
  static size_t turn = 0;
  Body& body = bodies[turn++ % bodies.size()];
  for (size_t at : body.blanks) {
    const string& word = words[roll() % words.size()];
    memcpy(&body.request[at], word.data(), word.size());
  }
  return body.request;
}

static void read_bodies(const Options& options) {
  string all, head = "POST " + options.text("path", "/v1/chat/completions") + " HTTP/1.1\r\nhost: 127.0.0.1:" + options.text("port", "") +
                     "\r\nuser-agent: OpenAI/Python 2.8.0\r\naccept: application/json\r\ncontent-type: application/json\r\n";
  auto [from, to] = options.given.equal_range("header");
  for (auto header = from; header != to; ++header) head += header->second + "\r\n";
  FILE* file = fopen(options.text("bodies", "").c_str(), "rb");
  if (!file) give_up("--bodies");
  char buffer[1 << 16];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, file));) all.append(buffer, n);
  fclose(file);
  size_t at = all.find('\n');
  for (size_t start = 0, end; start < at; start = end + 1) {
    end = std::min(at, all.find(' ', start));
    words.push_back(all.substr(start, end - start));
  }
  for (++at; at < all.size();) {
    size_t line = all.find('\n', at), size = strtoul(all.c_str() + at, nullptr, 10);
    Body body{head + "content-length: " + std::to_string(size) + "\r\n\r\n", {}};
    size_t start = body.request.size();
    body.request += all.substr(line + 1, size);
    for (size_t blank = start; !words.empty() && (blank = body.request.find('\1', blank)) != string::npos; blank += words[0].size()) body.blanks.push_back(blank);
    bodies.push_back(std::move(body));
    at = line + 1 + size;
  }
}

struct Caller {
  int fd = -1;
  bool is_busy = false, is_fresh = true;
  uint64_t due = 0, started = 0;
  long chunks = 0;
  Message answer;
  string out, tail, said;
};
static std::vector<Caller> callers;
static std::vector<int> idle;
static sockaddr_in address;
static int poll_fd;
static long expected;
static uint64_t n_ok = 0, n_wrong = 0, n_chunks = 0, n_connections = 0, in_flight = 0, most_in_flight = 0;
static std::map<string, uint64_t> errors;
static string error_said;
static std::vector<float> latency_us, first_us, delay_us;

static bool connected(Caller& c) {
  if (c.fd >= 0) return true;
  c.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  no_delay(c.fd);
  if (connect(c.fd, (sockaddr*)&address, sizeof address) < 0 && errno != EINPROGRESS) {
    close(c.fd);
    c.fd = -1;
    return false;
  }
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u32 = uint32_t(&c - &callers[0]);
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, c.fd, &event);
  ++n_connections;
  c.is_fresh = true;
  return true;
}

static void hang_up(Caller& c) {
  if (c.fd >= 0) close(c.fd);
  c.fd = -1;
}

static void finish(Caller& c, const char* error) {
  c.is_busy = false;
  --in_flight;
  idle.push_back(int(&c - &callers[0]));
  if (!error && expected >= 0 && c.chunks != expected) error = "short";
  if (error) {
    ++errors[error], ++n_wrong;
    if (error_said.empty()) error_said = c.said;
  } else {
    ++n_ok;
    latency_us.push_back((now_ns() - c.due) / 1e3f);
  }
  c.is_fresh = false;
  if (error || c.answer.closes) hang_up(c);
}

static void flush(Caller& c) {  // what did not fit at once
  while (!c.out.empty()) {
    ssize_t n = send(c.fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
    if (n <= 0) return;
    c.out.erase(0, n);
  }
}

static void ask(Caller& c, uint64_t due) {
  c.is_busy = true, c.due = due, c.started = now_ns(), c.chunks = 0;
  c.answer.again();
  c.out.clear(), c.tail.clear(), c.said.clear();
  most_in_flight = std::max(most_in_flight, ++in_flight);
  if (!connected(c)) return finish(c, "refused");
  const string& request = next_request();
  ssize_t n = send(c.fd, request.data(), request.size(), MSG_NOSIGNAL);
  if (n < ssize_t(request.size())) c.out.assign(request, std::max<ssize_t>(n, 0), string::npos);
}

static void take(Caller& c, const char* bytes, size_t size, uint64_t now) {  // of a body
  if (c.answer.status() != 200) {
    if (c.said.size() < 400) c.said.append(bytes, size);
    return;
  }
  if (expected < 0) return;
  string joined;
  if (!c.tail.empty()) {
    joined = c.tail + string(bytes, size);
    c.tail.clear();
    bytes = joined.data(), size = joined.size();
  }
  const char *at = bytes, *end = bytes + size;
  while ((at = (const char*)memchr(at, '@', end - at))) {
    if (end - at < ssize_t(STAMP)) {
      c.tail.assign(at, end - at);
      return;
    }
    uint64_t sent = stamped_ns(at);
    if (!sent) {
      ++at;
      continue;
    }
    delay_us.push_back((now - sent) / 1e3f);
    if (!c.chunks++) first_us.push_back((now - c.due) / 1e3f);
    ++n_chunks;
    at += STAMP;
  }
}

static void read(Caller& c) {
  static char buffer[1 << 18];
  while (c.fd >= 0) {
    ssize_t n = recv(c.fd, buffer, sizeof buffer, 0);
    if (n > 0) {
      if (!c.is_busy) continue;
      uint64_t now = now_ns();
      c.answer.feed(buffer, n, true, [&](const char* bytes, size_t size) { take(c, bytes, size, now); });
      if (c.answer.state == Message::WHOLE) finish(c, c.answer.status() == 200 ? nullptr : "status");
      continue;
    }
    if (n < 0 && errno == EAGAIN) return;
    if (!c.is_busy) {
      hang_up(c);
    } else if (c.answer.state == Message::TO_THE_END) {
      finish(c, c.answer.status() == 200 ? nullptr : "status");
    } else if (!c.is_fresh && c.answer.head.empty()) {  // an idle connection was closed as we asked: once more, as clients do
      hang_up(c);
      c.is_busy = false, --in_flight;
      ask(c, c.due);
    } else {
      finish(c, "cut");
    }
  }
}

static void print(const char* name, std::vector<float>& values) {
  std::sort(values.begin(), values.end());
  printf(",\"%s\":{\"n\":%zu", name, values.size());
  auto quantile = [&](double share) { return double(values[std::min(values.size() - 1, size_t(share * values.size()))]); };
  if (!values.empty())
    printf(",\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"most\":%.1f", quantile(.5), quantile(.9), quantile(.99), quantile(.999), quantile(1));
  printf("}");
}

static string quoted(const string& text) {
  string out = "\"";
  for (unsigned char byte : text.substr(0, 400)) out += byte == '"' || byte == '\\' || byte < 32 || byte > 126 ? ' ' : char(byte);
  return out + "\"";
}

int main(int argc, char** argv) {
  Options options(argc, argv);
  prepare_process();
  address = loopback(int(options.number("port", 0)));
  dice = uint64_t(options.number("seed", 1)) * 0x9E3779B97F4A7C15ull | 1;
  expected = long(options.number("chunks", -1));
  read_bodies(options);
  double seconds = std::min(300.0, options.number("seconds", 2)), rate = options.number("rate", 0), ramp_s = options.number("ramp-s", 0);
  double timeout_s = options.number("timeout-s", 20);
  uint64_t most = uint64_t(options.number("requests", 1e9)), asked = 0;
  callers.resize(size_t(options.number("conns", 16)));
  for (size_t i = callers.size(); i--;) idle.push_back(int(i));
  latency_us.reserve(1 << 20), delay_us.reserve(expected >= 0 ? 1 << 22 : 0);
  poll_fd = epoll_create1(EPOLL_CLOEXEC);
  std::vector<epoll_event> events(1024);
  double cpu_before = cpu_s();
  uint64_t start = now_ns(), end = start + uint64_t(seconds * 1e9), last_look = start;
  for (;;) {
    uint64_t now = now_ns(), due = start + (rate > 0 ? uint64_t(asked * 1e9 / rate) : 0);
    bool is_over = asked >= most || now >= end || n_wrong > 10000;
    if (is_over && (!in_flight || now > end + uint64_t(timeout_s * 1e9))) break;
    size_t allowed = ramp_s > 0 ? std::min<size_t>(callers.size(), size_t((now - start) / 1e9 / ramp_s * callers.size()) + 1) : callers.size();
    while (!is_over && !idle.empty() && in_flight < allowed && asked < most && due <= now && n_wrong <= 10000) {
      Caller& c = callers[idle.back()];
      idle.pop_back();
      ask(c, rate > 0 ? due : now_ns());
      ++asked;
      if (rate > 0) due = start + uint64_t(asked * 1e9 / rate);
    }
    uint64_t wait_ns = ramp_s > 0 && allowed < callers.size() ? 1000000 : 50000000;
    if (rate > 0 && !is_over && !idle.empty()) wait_ns = due > now ? due - now : 0;
    timespec wait{0, long(std::min<uint64_t>(wait_ns, 50000000))};
    int n = epoll_pwait2(poll_fd, events.data(), int(events.size()), &wait, nullptr);
    for (int i = 0; i < n; ++i) {
      Caller& c = callers[events[i].data.u32];
      if (c.fd >= 0 && events[i].events & EPOLLOUT) flush(c);
      if (c.fd >= 0 && events[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) read(c);
    }
    if (now - last_look > 1000000000ull) {
      last_look = now = now_ns();
      for (Caller& c : callers)
        if (c.is_busy && now > c.started && now - c.started > uint64_t(timeout_s * 1e9)) finish(c, "timeout");
    }
  }
  double took = (now_ns() - start) / 1e9;
  if (in_flight) errors["timeout"] += in_flight, n_wrong += in_flight;
  string kinds;
  for (auto& [kind, count] : errors) kinds += (kinds.empty() ? "\"" : ",\"") + kind + "\":" + std::to_string(count);
  printf("{\"seconds\":%.4f,\"ok\":%llu,\"wrong\":%llu,\"errors\":{%s},\"error_said\":%s,\"chunks\":%llu,\"connections\":%llu,\"most_in_flight\":%llu,\"cpu_s\":%.4f", took,
         (unsigned long long)n_ok, (unsigned long long)n_wrong, kinds.c_str(), quoted(error_said).c_str(), (unsigned long long)n_chunks,
         (unsigned long long)n_connections, (unsigned long long)most_in_flight, cpu_s() - cpu_before);
  print("latency_us", latency_us);
  print("first_us", first_us);
  print("delay_us", delay_us);
  printf("}\n");
}
