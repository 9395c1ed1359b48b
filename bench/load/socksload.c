/* socksload: what must be fast in the load benches, in one thread with epoll.
 *
 *   socksload origin
 *     Serves on a free port of 127.0.0.1 and prints {"port":N}:
 *     GET /N   answers with N pattern bytes and closes
 *     PUT /N   reads N pattern bytes, answers "200 ok" or "500 bad", closes
 *     ECHO /   sends back what comes, in pieces of at most 64 KiB
 *   socksload requests PROXY TARGET CONCURRENCY SECONDS BYTES
 *     Short GETs, a new connection each.
 *   socksload download PROXY TARGET BYTES [PAUSE_AT PAUSE_MS]
 *     One GET; every byte is compared. Reads nothing for PAUSE_MS once it has
 *     PAUSE_AT bytes.
 *   socksload upload PROXY TARGET BYTES
 *   socksload echo PROXY TARGET INTERVAL_US SECONDS
 *     32 bytes there and back on one connection, one at a time.
 *   socksload idle PROXY TARGET COUNT
 *     Opens COUNT connections that have echoed once, prints, and holds them
 *     until its standard input ends.
 *
 * PROXY and TARGET are ports of 127.0.0.1; PROXY 0 goes straight to the target.
 * Each prints one line of JSON. No run lasts longer than LIMIT_SECONDS.
 *
 * The pattern: 8 bytes each hold, little-endian, the number of the 8 bytes, so
 * that a lost, doubled or moved byte is seen.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_SECONDS = 1200, CHUNK = 65536, HEAD = 512, EVENTS = 256 };
enum { ECHO_BYTES = 32, IDLE_AT_ONCE = 64, STALL_MS = 60000 };

static unsigned char chunk[CHUNK], expected[CHUNK + 8];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) {
  printf("{\"error\":\"%s: %s\"}\n", what, strerror(errno));
  exit(1);
}

/* `count` pattern bytes from offset `at` of the stream; count <= CHUNK. */
static unsigned char *pattern(uint64_t at, size_t count) {
  uint64_t first = at / 8, *words = (uint64_t *)expected;
  size_t skip = at % 8, n = (skip + count + 7) / 8;
  for (size_t i = 0; i < n; i++) words[i] = first + i;
  return expected + skip;
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

static void no_delay(int fd) {
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void watch(int ep, int op, int fd, uint32_t events, void *ptr) {
  struct epoll_event e = {events, {.ptr = ptr}};
  if (epoll_ctl(ep, op, fd, &e) < 0) die("epoll_ctl");
}

static int compare(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

/* --- samples in milliseconds --- */

static float *samples;
static size_t sample_count, sample_room;

static void sample(double ms) {
  if (sample_count == sample_room) {
    sample_room = sample_room ? sample_room * 2 : 1 << 16;
    samples = realloc(samples, sample_room * sizeof *samples);
    if (!samples) die("realloc");
  }
  samples[sample_count++] = ms;
}

static double part(double of) {
  return sample_count ? samples[(size_t)((sample_count - 1) * of)] : 0;
}

static void print_samples(void) {
  qsort(samples, sample_count, sizeof *samples, compare);
  printf("\"count\":%zu,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f", sample_count,
         part(.5), part(.99), part(1));
}

/* --- the origin --- */

struct served {
  int fd, state; /* 0 head, 1 sends, 2 receives, 3 echoes */
  size_t head_bytes;
  uint64_t at, total;
  int bad;
  char head[HEAD];
};

static void drop(struct served *c) {
  close(c->fd);
  free(c);
}

/* All of it, or the connection is worth nothing: answers here are short. */
static int send_small(int fd, const void *bytes, size_t count) {
  return send(fd, bytes, count, MSG_NOSIGNAL) == (ssize_t)count;
}

static int serve_pattern(struct served *c) {
  while (c->at < c->total) {
    size_t n = c->total - c->at < CHUNK ? c->total - c->at : CHUNK;
    ssize_t sent = send(c->fd, pattern(c->at, n), n, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    c->at += sent;
  }
  return 0;
}

static int take_pattern(struct served *c, const unsigned char *bytes, size_t n) {
  if (c->at + n > c->total || memcmp(bytes, pattern(c->at, n), n)) c->bad = 1;
  c->at += n;
  if (c->at < c->total) return 1;
  const char *answer = c->bad ? "500 bad\n" : "200 ok\n";
  send_small(c->fd, answer, strlen(answer));
  return 0;
}

/* Reads what has come; 0 when the connection is over. */
static int serve(int ep, struct served *c) {
  if (c->state == 1) return serve_pattern(c);
  for (;;) {
    if (c->state != 0) {
      ssize_t n = recv(c->fd, chunk, CHUNK, 0);
      if (n <= 0) return n < 0 && errno == EAGAIN;
      if (c->state == 3 && !send_small(c->fd, chunk, n)) return 0;
      if (c->state == 2 && !take_pattern(c, chunk, n)) return 0;
      continue;
    }
    size_t room = HEAD - 1 - c->head_bytes;
    ssize_t n = recv(c->fd, c->head + c->head_bytes, room, 0);
    if (n <= 0) return n < 0 && errno == EAGAIN;
    c->head_bytes += n;
    c->head[c->head_bytes] = 0;
    char *end = strstr(c->head, "\r\n\r\n");
    if (!end) {
      if (c->head_bytes == HEAD - 1) return 0;
      continue;
    }
    char *rest = end + 4, verb = c->head[0];
    size_t left = c->head + c->head_bytes - rest;
    char *slash = strchr(c->head, '/');
    c->total = slash ? strtoull(slash + 1, NULL, 10) : 0;
    c->state = verb == 'G' ? 1 : verb == 'P' ? 2 : 3;
    if (c->state == 1) {
      const char *answer = "HTTP/1.0 200 OK\r\n\r\n";
      if (!send_small(c->fd, answer, strlen(answer))) return 0;
      if (!serve_pattern(c)) return 0;
      /* Not EPOLLIN: an end that nobody reads would be told for ever. */
      watch(ep, EPOLL_CTL_MOD, c->fd, EPOLLOUT, c);
      return 1;
    }
    if (c->state == 3 && left && !send_small(c->fd, rest, left)) return 0;
    if (c->state == 2 && left && !take_pattern(c, (void *)rest, left)) return 0;
  }
}

static int origin(void) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), queue = 1024;
  struct sockaddr_in a = loopback(0);
  socklen_t size = sizeof a;
  if (bind(listener, (void *)&a, size) || listen(listener, 4096)) die("listen");
  setsockopt(listener, IPPROTO_TCP, TCP_FASTOPEN, &queue, sizeof queue);
  getsockname(listener, (void *)&a, &size);
  printf("{\"port\":%d}\n", ntohs(a.sin_port));
  fflush(stdout);
  int ep = epoll_create1(0);
  watch(ep, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  /* Whoever started this holds the other end: no orphan outlives it. */
  watch(ep, EPOLL_CTL_ADD, 0, EPOLLIN, &watch);
  struct epoll_event events[EVENTS];
  for (;;) {
    int n = epoll_wait(ep, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      struct served *c = events[i].data.ptr;
      if ((void *)c == (void *)&watch) return 0;
      if (c) {
        if (!serve(ep, c)) drop(c);
        continue;
      }
      int fd;
      while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        no_delay(fd);
        struct served *new = calloc(1, sizeof *new);
        if (!new) die("calloc");
        new->fd = fd;
        watch(ep, EPOLL_CTL_ADD, fd, EPOLLIN, new);
      }
    }
  }
}

/* --- apps that wait: one connection at a time --- */

static int read_exactly(int fd, void *into, size_t count) {
  for (size_t at = 0; at < count;) {
    ssize_t n = recv(fd, (char *)into + at, count - at, 0);
    if (n <= 0) return 0;
    at += n;
  }
  return 1;
}

static void socks_request(unsigned char *into, int target) {
  struct sockaddr_in a = loopback(target);
  memcpy(into, "\5\1\0\1", 4);
  memcpy(into + 4, &a.sin_addr, 4);
  memcpy(into + 8, &a.sin_port, 2);
}

/* A blocking connection to the target, which gives up after STALL_MS. */
static int reach(int proxy, int target) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = loopback(proxy ? proxy : target);
  struct timeval stall = {STALL_MS / 1000, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof stall);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof stall);
  if (connect(fd, (void *)&a, sizeof a)) die("connect");
  no_delay(fd);
  if (!proxy) return fd;
  unsigned char out[10], in[10];
  socks_request(out, target);
  if (!send_small(fd, "\5\1\0", 3) || !read_exactly(fd, in, 2)) die("greeting");
  if (!send_small(fd, out, 10) || !read_exactly(fd, in, 10)) die("request");
  if (in[1]) {
    printf("{\"error\":\"SOCKS reply %d\"}\n", in[1]);
    exit(1);
  }
  return fd;
}

static const char *how_ended(ssize_t n) {
  return n == 0 ? "end" : errno == EAGAIN ? "stall" : strerror(errno);
}

static int download(int proxy, int target, uint64_t total, uint64_t pause_at,
                    int pause_ms) {
  double begin = now();
  int fd = reach(proxy, target);
  char head[64];
  int length = snprintf(head, sizeof head, "GET /%llu HTTP/1.0\r\n\r\n",
                        (unsigned long long)total);
  if (!send_small(fd, head, length)) die("send");
  size_t skip = strlen("HTTP/1.0 200 OK\r\n\r\n");
  uint64_t at = 0;
  long long bad_at = -1;
  ssize_t n = read_exactly(fd, head, skip) ? 1 : -1;
  while (n > 0) {
    if (pause_ms && at >= pause_at) {
      poll(NULL, 0, pause_ms);
      pause_ms = 0;
    }
    n = recv(fd, chunk, CHUNK, 0);
    if (n > 0 && bad_at < 0 && memcmp(chunk, pattern(at, n), n)) bad_at = at;
    if (n > 0) at += n;
  }
  const char *end = how_ended(n);
  double seconds = now() - begin;
  printf("{\"bytes\":%llu,\"badAt\":%lld,\"end\":\"%s\",\"seconds\":%.4f}\n",
         (unsigned long long)at, bad_at, end, seconds);
  return 0;
}

static int upload(int proxy, int target, uint64_t total) {
  double begin = now();
  int fd = reach(proxy, target);
  char head[64], answer[8] = "";
  int length = snprintf(head, sizeof head, "PUT /%llu HTTP/1.0\r\n\r\n",
                        (unsigned long long)total);
  uint64_t at = 0;
  ssize_t n = send_small(fd, head, length);
  while (n > 0 && at < total) {
    size_t count = total - at < CHUNK ? total - at : CHUNK;
    n = send(fd, pattern(at, count), count, MSG_NOSIGNAL);
    if (n > 0) at += n;
  }
  const char *end = n > 0 ? "end" : how_ended(n);
  if (n > 0 && !read_exactly(fd, answer, 7)) end = "no answer";
  int ok = !strncmp(answer, "200", 3);
  printf("{\"bytes\":%llu,\"badAt\":%d,\"end\":\"%s\",\"seconds\":%.4f}\n",
         (unsigned long long)at, ok ? -1 : 0, end, now() - begin);
  return 0;
}

static int echo(int proxy, int target, int interval_us, double seconds) {
  int fd = reach(proxy, target);
  const char *head = "ECHO / HTTP/1.0\r\n\r\n";
  char out[ECHO_BYTES] = "", in[ECHO_BYTES];
  if (!send_small(fd, head, strlen(head))) die("send");
  double end = now() + seconds;
  for (uint32_t i = 0; now() < end; i++) {
    memcpy(out, &i, sizeof i);
    double begin = now();
    if (!send_small(fd, out, sizeof out) || !read_exactly(fd, in, sizeof in))
      die("echo");
    if (memcmp(out, in, sizeof in)) {
      printf("{\"error\":\"echo %u differs\"}\n", i);
      return 1;
    }
    double waited = now() - begin, rest = interval_us / 1e6 - waited;
    sample(waited * 1e3);
    if (rest > 0) usleep(rest * 1e6);
  }
  printf("{");
  print_samples();
  printf("}\n");
  return 0;
}

/* --- many apps at once --- */

struct app {
  int fd, state; /* 0 dials, 1 greeting, 2 reply, 3 answer, 4 idle */
  size_t got;
  double begin;
  unsigned char in[16];
};

static struct {
  int ep, proxy, idle;
  unsigned char request[10];
  char head[64];
  size_t want; /* of the answer; 0 is to its end */
  long done, errors, open;
} load;

static void begin_app(struct app *c) {
  struct sockaddr_in a = loopback(load.proxy);
  c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (c->fd < 0) die("socket");
  no_delay(c->fd);
  c->state = 0;
  c->got = 0;
  c->begin = now();
  connect(c->fd, (void *)&a, sizeof a);
  watch(load.ep, EPOLL_CTL_ADD, c->fd, EPOLLOUT, c);
}

/* 1 when the app is through, -1 when it failed, 0 when it waits. */
static int step_app(struct app *c) {
  if (c->state == 0) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error || !send_small(c->fd, "\5\1\0", 3)) return -1;
    watch(load.ep, EPOLL_CTL_MOD, c->fd, EPOLLIN, c);
    c->state = 1;
    return 0;
  }
  if (c->state < 3) {
    size_t want = c->state == 1 ? 2 : 10;
    ssize_t n = recv(c->fd, c->in + c->got, want - c->got, 0);
    if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
    c->got += n;
    if (c->got < want) return 0;
    if (c->in[1]) return -1;
    int sent = c->state == 1 ? send_small(c->fd, load.request, 10)
                             : send_small(c->fd, load.head, strlen(load.head));
    if (!sent) return -1;
    c->got = 0;
    c->state++;
    return 0;
  }
  ssize_t n = recv(c->fd, chunk, CHUNK, 0);
  if (n < 0 && errno == EAGAIN) return 0;
  if (n > 0) c->got += n;
  if (load.idle) return n > 0 && c->state == 3 ? 1 : n > 0 ? 0 : -1;
  if (n > 0) return 0;
  return n == 0 && c->got == load.want ? 1 : -1;
}

static void prepare(int proxy, int target) {
  load.ep = epoll_create1(0);
  load.proxy = proxy;
  socks_request(load.request, target);
}

static int requests(int proxy, int target, int apps, double seconds, int bytes) {
  prepare(proxy, target);
  snprintf(load.head, sizeof load.head, "GET /%d HTTP/1.0\r\n\r\n", bytes);
  load.want = strlen("HTTP/1.0 200 OK\r\n\r\n") + bytes;
  struct app *all = calloc(apps, sizeof *all);
  double begin = now(), end = begin + seconds;
  for (int i = 0; i < apps; i++) begin_app(&all[i]);
  struct epoll_event events[EVENTS];
  while (now() < end) {
    int n = epoll_wait(load.ep, events, EVENTS, 50);
    for (int i = 0; i < n; i++) {
      struct app *c = events[i].data.ptr;
      int outcome = step_app(c);
      if (!outcome) continue;
      close(c->fd);
      if (outcome > 0) sample((now() - c->begin) * 1e3);
      else load.errors++;
      begin_app(c);
    }
  }
  long stuck = 0;
  for (int i = 0; i < apps; i++) stuck += end - all[i].begin > 3;
  double took = now() - begin;
  printf("{\"perSecond\":%.1f,\"errors\":%ld,\"stuck\":%ld,",
         sample_count / took, load.errors, stuck);
  print_samples();
  printf("}\n");
  return 0;
}

static int idle(int proxy, int target, int count) {
  prepare(proxy, target);
  load.idle = 1;
  strcpy(load.head, "ECHO / HTTP/1.0\r\n\r\nx");
  struct app *all = calloc(count, sizeof *all);
  int begun = 0, open = 0, lost = 0;
  struct epoll_event events[EVENTS];
  double begin = now(), limit = begin + 60;
  while (open + lost < count && now() < limit) {
    while (begun < count && begun - open - lost < IDLE_AT_ONCE)
      begin_app(&all[begun++]);
    int n = epoll_wait(load.ep, events, EVENTS, 50);
    for (int i = 0; i < n; i++) {
      struct app *c = events[i].data.ptr;
      int outcome = step_app(c);
      if (outcome > 0) c->state = 4, open++;
      if (outcome < 0) {
        if (c->state == 4) open--;
        lost++;
        c->state = -1;
        close(c->fd);
      }
    }
  }
  printf("{\"open\":%d,\"lost\":%d,\"seconds\":%.3f}\n", open, lost,
         now() - begin);
  fflush(stdout);
  char byte;
  while (read(0, &byte, 1) > 0) continue;
  /* Which of them are still there? */
  int dead = 0;
  for (int i = 0; i < begun; i++)
    if (all[i].state == 4 && recv(all[i].fd, &byte, 1, MSG_DONTWAIT) == 0) dead++;
  printf("{\"dead\":%d}\n", dead);
  return 0;
}

static long number(char **args, int count, int index) {
  if (index >= count) {
    fprintf(stderr, "usage: see the head of socksload.c\n");
    exit(2);
  }
  return atol(args[index]);
}

int main(int count, char **args) {
#define ARG(index) number(args, count, index)
  const char *mode = count > 1 ? args[1] : "";
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  alarm(LIMIT_SECONDS);
  if (!strcmp(mode, "origin")) {
    alarm(0);
    return origin();
  }
  int proxy = ARG(2), target = ARG(3);
  if (!strcmp(mode, "requests"))
    return requests(proxy, target, ARG(4), ARG(5), ARG(6));
  if (!strcmp(mode, "download"))
    return download(proxy, target, ARG(4), count > 5 ? ARG(5) : 0,
                    count > 6 ? ARG(6) : 0);
  if (!strcmp(mode, "upload")) return upload(proxy, target, ARG(4));
  if (!strcmp(mode, "echo")) return echo(proxy, target, ARG(4), ARG(5));
  if (!strcmp(mode, "idle")) return idle(proxy, target, ARG(4));
  ARG(count);
}
