// Preloaded into a gateway: its wall clock is the machine's plus what stands in a file, which the harness rewrites while
// the gateway runs. Clocks that only measure durations stay as they are.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND 1000000000LL

typedef int (*clock_function)(clockid_t, struct timespec *);

static const volatile int64_t *offset;
static clock_function machine_clock;

__attribute__((constructor)) static void begin(void) {
    machine_clock = (clock_function)dlsym(RTLD_NEXT, "clock_gettime");
    const char *path = getenv("ZENTRIQ_TORTURE_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *bytes = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (bytes != MAP_FAILED) offset = bytes;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    if (!machine_clock) machine_clock = (clock_function)dlsym(RTLD_NEXT, "clock_gettime");
    int status = machine_clock(clock, time);
    if (status == 0 && offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
        int64_t now = time->tv_sec * SECOND + time->tv_nsec + *offset;
        time->tv_sec = now / SECOND;
        time->tv_nsec = now % SECOND;
    }
    return status;
}

int gettimeofday(struct timeval *restrict result, void *restrict zone) {
    (void)zone;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
    result->tv_sec = now.tv_sec;
    result->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}
