// The scripted upstream: one thread, epoll, loopback. Answers chat completions as vLLM would, from prepared bytes, and is cheap.
//   upstream --port P
// A body with `"stream":true` gets a stream of `chunks` events, the first after `first_ms`, then one every `gap_ms` (0: `burst` at once of each
// stream in turn, as fast as they are read); each is stamped with the moment it was written. Others get one answer of `tokens` tokens.
// GET /_set?chunks=10&gap_ms=50 changes these, GET /_stats tells what was answered and what it cost. Anything else that is asked (models,
// health) is answered with a word.
#include "wire.hpp"

#include <queue>

static double tokens = 100, chunks = 100, first_ms = 0, gap_ms = 0, burst = 1;
static std::map<string, double*> settings{{"tokens", &tokens}, {"chunks", &chunks}, {"first_ms", &first_ms}, {"gap_ms", &gap_ms}, {"burst", &burst}};
static uint64_t n_requests = 0, n_chunks = 0, n_connections = 0, n_left = 0;
static int poll_fd;

static const char START[] = "HTTP/1.1 200 OK\r\ndate: Sun, 22 Nov 2026 00:00:00 GMT\r\nserver: uvicorn\r\n";
static const char EVENT[] = "data: {\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion.chunk\",\"created\":1763700000,\"model\":\"scripted\",\"choices\":";

static string sized(const string& body, const char* type) {
  return string(START) + "content-length: " + std::to_string(body.size()) + "\r\ncontent-type: " + type + "\r\n\r\n" + body;
}
static string chunked(const string& event) {
  char size[16];
  snprintf(size, sizeof size, "%zx\r\n", event.size());
  return size + event + "\r\n";
}
static string event(const string& choices, const string& more = "") { return chunked(EVENT + choices + more + "}\n\n"); }
static string delta(const string& content, const string& finish) {
  return event("[{\"index\":0,\"delta\":{" + content + "},\"logprobs\":null,\"finish_reason\":" + finish + "}]");
}
static string usage(double completion) {
  char text[120];
  snprintf(text, sizeof text, "\"usage\":{\"prompt_tokens\":50,\"total_tokens\":%.0f,\"completion_tokens\":%.0f}", 50 + completion, completion);
  return text;
}

struct Prepared {  // what is written, made anew when a setting changes
  string answer, head, token, last, last_with_usage;
  size_t at = 0;  // of the stamp within a token
  void make() {
    string text;
    while (text.size() < tokens * 4) text += "the quick brown fox jumps over the lazy dog and then ";
    text.resize(size_t(tokens * 4));
    answer = sized("{\"id\":\"chatcmpl-0123456789abcdef\",\"object\":\"chat.completion\",\"created\":1763700000,\"model\":\"scripted\",\"choices\":[{\"index\":0,"
                   "\"message\":{\"role\":\"assistant\",\"content\":\"" + text + "\",\"refusal\":null,\"tool_calls\":[]},\"logprobs\":null,"
                   "\"finish_reason\":\"stop\"}]," + usage(tokens) + "}", "application/json");
    head = string(START) + "content-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n" + delta("\"role\":\"assistant\",\"content\":\"\"", "null");
    token = delta("\"content\":\"" + string(STAMP, '@') + " \"", "null");
    at = token.find(string(STAMP, '@'));
    string end = delta("", "\"stop\""), done = chunked("data: [DONE]\n\n") + "0\r\n\r\n";
    last = end + done;
    last_with_usage = end + event("[]", "," + usage(chunks)) + done;
  }
} prepared;

struct Connection {
  int fd = -1;
  uint32_t turn = 0;  // so that a timer of an earlier owner of the descriptor is known
  Message message;
  string body, out;
  size_t sent = 0;
  double written = -1, total = 0;  // chunks of the stream; -1: the head is not written
  uint64_t due = 0;
  bool is_streaming = false, wants_usage = false, is_waiting = false;
};
static std::vector<Connection*> connections;
struct Timer {
  uint64_t due;
  int fd;
  uint32_t turn;
  bool operator<(const Timer& other) const { return due > other.due; }
};
static std::priority_queue<Timer> timers;

static void drop(Connection& c) {
  n_left += c.is_streaming;
  close(c.fd);
  c.fd = -1;
  ++c.turn;
}

static bool flush(Connection& c) {
  while (c.sent < c.out.size()) {
    ssize_t n = send(c.fd, c.out.data() + c.sent, c.out.size() - c.sent, MSG_NOSIGNAL);
    if (n > 0) {
      c.sent += n;
    } else if (errno == EAGAIN) {
      break;
    } else {
      drop(c);
      return false;
    }
  }
  bool waits = c.sent < c.out.size();
  if (!waits) c.out.clear(), c.sent = 0;
  if (waits != c.is_waiting) {
    epoll_event change{};
    change.events = EPOLLIN | EPOLLRDHUP | (waits ? EPOLLOUT : 0u);
    change.data.fd = c.fd;
    epoll_ctl(poll_fd, EPOLL_CTL_MOD, c.fd, &change);
    c.is_waiting = waits;
  }
  return true;
}

static void pump(Connection& c) {  // write what is due of a stream
  uint64_t now = now_ns(), gap = uint64_t(gap_ms * 1e6);
  if (c.written < 0) c.out += prepared.head, c.written = 0;
  for (double n = 0; c.written < c.total && c.due <= now && (gap || n < burst); ++n) {
    stamp(&prepared.token[prepared.at]);
    c.out += prepared.token;
    c.due += gap;
    ++c.written;
    ++n_chunks;
  }
  if (c.written >= c.total) {
    c.out += c.wants_usage ? prepared.last_with_usage : prepared.last;
    c.is_streaming = false;
    flush(c);
  } else if (flush(c) && !c.is_waiting) {  // a reader who is slower is waited for
    timers.push({c.due, c.fd, c.turn});
  }
}

static bool has_true(const string& body, const char* name) {
  size_t at = body.find(name);
  if (at == string::npos) return false;
  at = body.find_first_not_of(" :", at + strlen(name));
  return at != string::npos && body.compare(at, 4, "true") == 0;
}

static string told(const string& target) {  // what is not a completion
  if (target.rfind("/_set", 0) == 0) {
    for (size_t at = target.find('?'); at != string::npos; at = target.find('&', at + 1)) {
      size_t equals = target.find('=', at);
      auto found = settings.find(target.substr(at + 1, equals - at - 1));
      if (found != settings.end()) *found->second = atof(target.c_str() + equals + 1);
    }
    prepared.make();
    return "{}";
  }
  if (target == "/_stats") {
    char text[240];
    snprintf(text, sizeof text, "{\"requests\":%llu,\"chunks\":%llu,\"connections\":%llu,\"left\":%llu,\"cpu_s\":%.6f}", (unsigned long long)n_requests,
             (unsigned long long)n_chunks, (unsigned long long)n_connections, (unsigned long long)n_left, cpu_s());
    return text;
  }
  if (target.find("models") != string::npos)
    return "{\"object\":\"list\",\"data\":[{\"id\":\"scripted\",\"object\":\"model\",\"created\":1763700000,\"owned_by\":\"vllm\",\"root\":\"scripted\",\"max_model_len\":131072}]}";
  return "{\"version\":\"0.11.0\",\"model_path\":\"scripted\",\"served_model_name\":\"scripted\",\"tokenizer_path\":\"\",\"is_generation\":true,\"dp_size\":1}";
}

static void answer(Connection& c) {
  const string& head = c.message.head;
  size_t start = head.find(' ') + 1;
  string target = head.substr(start, head.find(' ', start) - start);
  if (target.find("completions") == string::npos) {
    c.out += sized(told(target), "application/json");
  } else if (++n_requests, !has_true(c.body, "\"stream\"")) {
    c.out += prepared.answer;
  } else {
    c.is_streaming = true;
    c.wants_usage = has_true(c.body, "\"include_usage\"");
    c.written = -1, c.total = chunks;
    c.due = now_ns() + uint64_t(first_ms * 1e6);
    if (first_ms > 0) {
      timers.push({c.due, c.fd, c.turn});
    } else {
      pump(c);
    }
    return;
  }
  flush(c);
}

static void read(Connection& c) {
  static char buffer[1 << 18];
  ssize_t n = recv(c.fd, buffer, sizeof buffer, 0);
  if (n == 0 || (n < 0 && errno != EAGAIN)) return drop(c);
  for (ssize_t at = 0; at < n;) {
    at += c.message.feed(buffer + at, n - at, false, [&](const char* bytes, size_t size) { c.body.append(bytes, size); });
    if (c.message.state != Message::WHOLE) continue;
    bool closes = c.message.closes;
    answer(c);
    if (c.fd < 0) return;
    if (closes) shutdown(c.fd, SHUT_WR);
    c.message.again();
    c.body.clear();
  }
}

static void accept_all(int listener) {
  for (int fd; (fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    no_delay(fd);
    if (size_t(fd) >= connections.size()) connections.resize(fd + 1024);
    if (!connections[fd]) connections[fd] = new Connection;
    Connection& c = *connections[fd];
    uint32_t turn = c.turn;
    c = Connection{};
    c.fd = fd, c.turn = turn + 1;
    ++n_connections;
    watch(poll_fd, fd, EPOLLIN | EPOLLRDHUP);
  }
}

int main(int argc, char** argv) {
  Options options(argc, argv);
  prepare_process();
  prepared.make();
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address = loopback(int(options.number("port", 0)));
  if (bind(listener, (sockaddr*)&address, sizeof address) || listen(listener, 4096)) give_up("listen");
  poll_fd = epoll_create1(EPOLL_CLOEXEC);
  watch(poll_fd, listener, EPOLLIN);
  std::vector<epoll_event> events(1024);
  for (;;) {
    timespec wait{3600, 0};
    for (size_t left = timers.size(); !timers.empty(); --left) {  // one turn each, then the sockets
      uint64_t now = now_ns();
      Timer timer = timers.top();
      if (timer.due > now || !left) {
        now = std::min(now, timer.due);
        wait = {time_t((timer.due - now) / 1000000000), long((timer.due - now) % 1000000000)};
        break;
      }
      timers.pop();
      Connection& c = *connections[timer.fd];
      if (c.turn == timer.turn && c.is_streaming) pump(c);
    }
    int n = epoll_pwait2(poll_fd, events.data(), int(events.size()), &wait, nullptr);
    for (int i = 0; i < n; ++i) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        accept_all(listener);
        continue;
      }
      Connection& c = *connections[fd];
      if (c.fd != fd) continue;
      if (events[i].events & EPOLLOUT && flush(c) && c.is_streaming && !c.is_waiting) pump(c);
      if (c.fd == fd && events[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) read(c);
    }
  }
}
