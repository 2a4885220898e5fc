# Doors for the tests: single kernels of the instruction set in use, threads, allocations that fail.


def _keys(const uint8_t[:, ::1] pixels not None, uint32_t[::1] keys not None):
    if keys.shape[0] < pixels.shape[0]:
        raise ArgumentError("too little room for the keys")
    if pixels.shape[0]:
        kernels().colors.keys(&pixels[0, 0], pixels.shape[0], _channels(pixels.shape[1]), &keys[0])


def _colors(const uint32_t[::1] keys not None, uint8_t[:, ::1] colors not None):
    if colors.shape[0] < keys.shape[0]:
        raise ArgumentError("too little room for the colours")
    if keys.shape[0]:
        kernels().colors.colors(&keys[0], keys.shape[0], _channels(colors.shape[1]), &colors[0, 0])


def _occupied(const uint8_t[::1] counters not None, uint32_t first, uint32_t[::1] keys not None):
    if counters.shape[0] != KMC_CELL or keys.shape[0] < KMC_CELL + 4:
        raise ArgumentError("a cell has other counters, or there is too little room for its keys")
    return kernels().colors.occupied(&counters[0], first, &keys[0])


def _accumulate(const int32_t[::1] xy not None, const int32_t[::1] zw not None,
                const uint16_t[::1] labels not None, uint64_t[::1] sums not None):
    cdef Py_ssize_t n = labels.shape[0]
    if xy.shape[0] < n or zw.shape[0] < n or (n and 4 * np.max(labels) + 4 > sums.shape[0]):
        raise ArgumentError("labels, pixels and sums do not fit together")
    kernels().colors.accumulate(&xy[0], &zw[0], &labels[0], labels.shape[0], &sums[0])


def _boxes(Tree tree not None):
    """Of each box its first point, where its points end, and the box that follows those inside it."""
    cdef size_t n = tree.c.n_nodes
    return [(tree.c.nodes[i].begin, tree.c.nodes[i].end, tree.c.nodes[i].next) for i in range(n)]


def _assume_processors(int n):
    """Takes the machine for one with n processors: with many, loops use threads however busy it is."""
    global _processors
    _processors = n


def _thread_runs(int thread):
    """Whether a thread of this process, by its native id, is using or waiting for a processor."""
    return bool(kmc_cpu_runs(thread))


def _look_every(int64_t ns):
    """How often callbacks are asked from now on, 0 being at each poll; returns how often before."""
    global ASK_NS
    before = ASK_NS
    ASK_NS = ns
    return before


if KMC_HAS_TEST_HOOKS:
    def _fail_allocation_after(long n):
        """Lets n allocations of the engine succeed and the next one fail, once; never if n < 0."""
        kmc_fail_allocation_after(n)

    def _live_allocations():
        """How many allocations of the engine have not been freed, the room for the next call first."""
        _spare.clear()
        return kmc_live_allocations()
