/* Loaded before the C library into one process: what it writes below BROKEN_DISK_DIR fails while the file named by
   BROKEN_DISK_ORDER exists, with the errno that stands in it; the seconds that stand behind are added to the uptime.
   Without the second number only time passes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static int order(long *seconds) {
    const char *name = getenv("BROKEN_DISK_ORDER");
    int error = 0;
    *seconds = 0;
    FILE *file = name ? fopen(name, "r") : NULL;
    if (file == NULL) return 0;
    if (fscanf(file, "%d %ld", &error, seconds) < 1) error = 0;
    fclose(file);
    return error;
}

static int fails(int descriptor) {
    const char *folder = getenv("BROKEN_DISK_DIR");
    char link[64], path[PATH_MAX];
    long seconds;
    int error, kept = errno;
    if (folder == NULL) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) { errno = kept; return 0; }
    path[length] = 0;
    error = strncmp(path, folder, strlen(folder)) == 0 ? order(&seconds) : 0;
    errno = error ? error : kept;
    return error != 0;
}

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (real == NULL) real = dlsym(RTLD_NEXT, #name)

ssize_t pwrite64(int fd, const void *from, size_t count, off64_t at) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    return fails(fd) ? -1 : real(fd, from, count, at);
}

ssize_t pwrite(int fd, const void *from, size_t count, off_t at) {
    REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
    return fails(fd) ? -1 : real(fd, from, count, at);
}

ssize_t write(int fd, const void *from, size_t count) {
    REAL(ssize_t, write, int, const void *, size_t);
    return fails(fd) ? -1 : real(fd, from, count);
}

int fdatasync(int fd) {
    REAL(int, fdatasync, int);
    return fails(fd) ? -1 : real(fd);
}

int fsync(int fd) {
    REAL(int, fsync, int);
    return fails(fd) ? -1 : real(fd);
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    REAL(int, clock_gettime, clockid_t, struct timespec *);
    int answer = real(clock, at);
    if (clock == CLOCK_BOOTTIME && answer == 0) {
        long seconds;
        order(&seconds);
        at->tv_sec += seconds;
    }
    return answer;
}
