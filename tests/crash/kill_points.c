/* Stands before the C library (LD_PRELOAD) and ends the process, or fails a call, at a chosen one of those that change
 * what others can see: files below one folder, and TCP connections.
 *
 * Dormant until kill_points_arm. Then every such call of any thread gets the next ordinal and a line of the trace,
 * which is written past the wrappers below. What is not counted (pipes, local sockets, the standard streams) changes
 * nothing that outlives the process, so that dying there is dying before the next counted call.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <netinet/in.h>
#include <unistd.h>

static atomic_int armed;
static atomic_long count;
static long chosen;
static int failure; /* the errno that the chosen call fails with; 0: SIGKILL before it */
static int trace = -1;
static int keeps_contents;
static char folder[4096];
static size_t folder_length;

void kill_points_arm(const char *below, int trace_descriptor, long ordinal, int error, int with_contents) {
    folder_length = strlen(below);
    if (folder_length >= sizeof folder) abort();
    memcpy(folder, below, folder_length + 1);
    trace = trace_descriptor;
    chosen = ordinal;
    failure = error;
    keeps_contents = with_contents;
    atomic_store(&count, 0);
    atomic_store(&armed, 1);
}

long kill_points_disarm(void) {
    atomic_store(&armed, 0);
    return atomic_load(&count);
}

static void put(const char *text, size_t length) {
    while (length > 0) {
        long done = syscall(SYS_write, trace, text, length);
        if (done <= 0) abort(); /* a trace with a hole proves nothing */
        text += done;
        length -= (size_t)done;
    }
}

static int is_below(const char *path) {
    return strncmp(path, folder, folder_length) == 0 && path[folder_length] == '/';
}

/* Where a descriptor leads: the path below the folder, ":PORT" of a TCP peer; 0 where it does not matter. */
static int leads_to(int descriptor, char *target, size_t size) {
    struct stat found;
    if (fstat(descriptor, &found) != 0) return 0;
    if (S_ISSOCK(found.st_mode)) {
        struct sockaddr_in peer;
        socklen_t length = sizeof peer;
        if (getpeername(descriptor, (struct sockaddr *)&peer, &length) != 0 || peer.sin_family != AF_INET) return 0;
        snprintf(target, size, ":%d", ntohs(peer.sin_port));
        return 1;
    }
    if (!S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode)) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    if (strcmp(path, folder) == 0) {
        snprintf(target, size, ".");
        return 1;
    }
    if (!is_below(path)) return 0;
    snprintf(target, size, "%s", path + folder_length + 1);
    return 1;
}

struct point {
    long ordinal; /* 0: not counted */
    int fails;
    const char *call;
    char target[512];
};

static void note(const struct point *point, long result, const struct iovec *pieces, int number) {
    char line[768];
    size_t length = 0;
    for (int each = 0; each < number; each++) length += pieces[each].iov_len;
    int written = snprintf(line, sizeof line, "%ld %s %s %zu %ld ", point->ordinal, point->call, point->target, length,
                           result);
    char *text = malloc((size_t)written + 2 * length + 2);
    if (text == NULL) abort();
    memcpy(text, line, (size_t)written);
    char *end = text + written;
    if (keeps_contents)
        for (int each = 0; each < number; each++)
            for (size_t byte = 0; byte < pieces[each].iov_len; byte++) {
                unsigned value = ((const unsigned char *)pieces[each].iov_base)[byte];
                *end++ = "0123456789abcdef"[value >> 4];
                *end++ = "0123456789abcdef"[value & 15];
            }
    *end++ = '\n';
    put(text, (size_t)(end - text)); /* in one write, so that lines of two threads stay whole */
    free(text);
}

/* Counts the call; does not return where it is the chosen one and the process is to die before it. */
static void reach(struct point *point, const char *call, const struct iovec *pieces, int number) {
    point->call = call;
    point->ordinal = atomic_fetch_add(&count, 1) + 1;
    point->fails = 0;
    if (point->ordinal != chosen) return;
    if (failure != 0) {
        point->fails = 1;
        return;
    }
    note(point, -SIGKILL, pieces, number);
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

#define REAL(name) \
    static __typeof__(&name) real; \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

/* The body of each wrapper: `matters` fills point.target and says whether the call counts. */
#define AT_POINT(name, matters, pieces, number, call_it) \
    struct point point; \
    if (!atomic_load(&armed)) return call_it; \
    int before = errno; \
    int counts = (matters); \
    errno = before; \
    if (!counts) return call_it; \
    reach(&point, #name, pieces, number); \
    __typeof__(call_it) result; \
    if (point.fails) { \
        result = -1; \
        errno = failure; \
    } else { \
        result = call_it; \
    } \
    int error = errno; \
    note(&point, result < 0 ? -(long)error : (long)result, pieces, number); \
    errno = error; \
    return result

#define OF_DESCRIPTOR leads_to(descriptor, point.target, sizeof point.target)
#define BUFFER const struct iovec piece = {(void *)(size_t)buffer, length}

int fsync(int descriptor) {
    REAL(fsync);
    AT_POINT(fsync, OF_DESCRIPTOR, NULL, 0, real(descriptor));
}

int fdatasync(int descriptor) {
    REAL(fdatasync);
    AT_POINT(fdatasync, OF_DESCRIPTOR, NULL, 0, real(descriptor));
}

ssize_t write(int descriptor, const void *buffer, size_t length) {
    REAL(write);
    BUFFER;
    AT_POINT(write, OF_DESCRIPTOR, &piece, 1, real(descriptor, buffer, length));
}

ssize_t pwrite(int descriptor, const void *buffer, size_t length, off_t offset) {
    REAL(pwrite);
    BUFFER;
    AT_POINT(pwrite64, OF_DESCRIPTOR, &piece, 1, real(descriptor, buffer, length, offset));
}

ssize_t pwrite64(int descriptor, const void *buffer, size_t length, off64_t offset) {
    REAL(pwrite64);
    BUFFER;
    AT_POINT(pwrite64, OF_DESCRIPTOR, &piece, 1, real(descriptor, buffer, length, offset));
}

ssize_t writev(int descriptor, const struct iovec *pieces, int number) {
    REAL(writev);
    AT_POINT(writev, OF_DESCRIPTOR, pieces, number, real(descriptor, pieces, number));
}

ssize_t pwritev(int descriptor, const struct iovec *pieces, int number, off_t offset) {
    REAL(pwritev);
    AT_POINT(pwritev, OF_DESCRIPTOR, pieces, number, real(descriptor, pieces, number, offset));
}

ssize_t pwritev64(int descriptor, const struct iovec *pieces, int number, off64_t offset) {
    REAL(pwritev64);
    AT_POINT(pwritev, OF_DESCRIPTOR, pieces, number, real(descriptor, pieces, number, offset));
}

ssize_t pwritev2(int descriptor, const struct iovec *pieces, int number, off_t offset, int flags) {
    REAL(pwritev2);
    AT_POINT(pwritev, OF_DESCRIPTOR, pieces, number, real(descriptor, pieces, number, offset, flags));
}

ssize_t pwritev64v2(int descriptor, const struct iovec *pieces, int number, off64_t offset, int flags) {
    REAL(pwritev64v2);
    AT_POINT(pwritev, OF_DESCRIPTOR, pieces, number, real(descriptor, pieces, number, offset, flags));
}

ssize_t send(int descriptor, const void *buffer, size_t length, int flags) {
    REAL(send);
    BUFFER;
    AT_POINT(sendto, OF_DESCRIPTOR, &piece, 1, real(descriptor, buffer, length, flags)); /* the kernel's name for it */
}

ssize_t sendto(int descriptor, const void *buffer, size_t length, int flags, const struct sockaddr *to,
               socklen_t to_length) {
    REAL(sendto);
    BUFFER;
    AT_POINT(sendto, OF_DESCRIPTOR, &piece, 1, real(descriptor, buffer, length, flags, to, to_length));
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
    REAL(sendmsg);
    AT_POINT(sendmsg, OF_DESCRIPTOR, message->msg_iov, (int)message->msg_iovlen, real(descriptor, message, flags));
}

int ftruncate(int descriptor, off_t length) {
    REAL(ftruncate);
    AT_POINT(ftruncate, OF_DESCRIPTOR, NULL, 0, real(descriptor, length));
}

int ftruncate64(int descriptor, off64_t length) {
    REAL(ftruncate64);
    AT_POINT(ftruncate, OF_DESCRIPTOR, NULL, 0, real(descriptor, length));
}

static int names(const char *path, char *target, size_t size) {
    if (!is_below(path)) return 0;
    snprintf(target, size, "%s", path + folder_length + 1);
    return 1;
}

int rename(const char *from, const char *to) {
    REAL(rename);
    AT_POINT(rename, names(to, point.target, sizeof point.target), NULL, 0, real(from, to));
}

int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    REAL(renameat);
    AT_POINT(rename, names(to, point.target, sizeof point.target), NULL, 0, real(from_folder, from, to_folder, to));
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    REAL(renameat2);
    AT_POINT(rename, names(to, point.target, sizeof point.target), NULL, 0,
             real(from_folder, from, to_folder, to, flags));
}
