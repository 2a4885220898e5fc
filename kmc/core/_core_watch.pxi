# What may end a call early: a deadline, and a callback that answers False.

# How often signals and the deadline are looked at, and how often a callback is asked. The promise
# is 20 ms for either; a callback gets half of it, for there may be some time between two polls.
cdef int64_t POLL_NS = 20_000_000
cdef int64_t ASK_NS = 10_000_000

# The Watch over the call under way in this context, if any.
cdef object _watching = ContextVar("kmc watch", default=None)


cdef class Watch:
    """A context in which searches end early: at a deadline, or once a callback has answered False.

    Between iterations the callback is asked as ``callback(0, np.empty((0, 0)), nan, nan)``, and no
    more once it has answered False.
    """

    cdef readonly bint stopped
    cdef bint asking
    cdef object callback, token
    cdef int64_t deadline, next_look

    def __cinit__(self, callback=None, deadline=None):
        cdef int64_t now = kmc_clock_ns()
        self.callback = callback
        self.deadline = INT64_MAX
        if deadline is not None and deadline < 1e9:
            self.deadline = now + <int64_t>(1e9 * <double>deadline)
        self.next_look = self.after(now)

    def __enter__(self):
        self.token = _watching.set(self)
        return self

    def __exit__(self, *_):
        _watching.reset(self.token)

    def look(self):
        """Whether to end: asks the callback, unless that was a moment ago."""
        cdef int64_t now = kmc_clock_ns()
        self.stopped |= now >= self.deadline
        if now < self.next_look:
            return self.stopped
        self.next_look = self.after(now)
        if self.callback is None or self.stopped or self.asking:
            return self.stopped
        return self.ask(self.callback, 0, np.empty((0, 0)), np.nan, np.nan)

    def ask(self, callback, int iteration, centroids, double inertia, double shift):
        """Whether to end, by what a callback answers. It may call the engine itself."""
        self.asking = True
        try:
            answer = callback(iteration, centroids, inertia, shift)
        finally:
            self.asking = False
        self.stopped |= isinstance(answer, (bool, np.bool_)) and not answer
        self.next_look = self.after(kmc_clock_ns())
        return self.stopped

    cdef int64_t after(self, int64_t now) noexcept:
        """When to look again."""
        cdef int64_t soon = now + (POLL_NS if self.callback is None else ASK_NS)
        return soon if self.stopped else min(self.deadline, soon)


def watch():
    """The Watch over the call under way, or one that ends nothing."""
    return _watching.get() or Watch()
