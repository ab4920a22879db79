#include <libpq-fe.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

/// Names the calling thread; prctl itself is variadic and does not reach Swift.
static inline int name_this_thread(const char *name) {
    return prctl(PR_SET_NAME, name, 0, 0, 0);
}
