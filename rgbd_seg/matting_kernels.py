"""Inner loops of closed-form matting: only the uncertain pixels are touched. Compiled once, then read from the cache.

Levin, Lischinski, Weiss, "A Closed-Form Solution to Natural Image Matting", PAMI 2008: in every 3×3 window alpha is
a linear function of colour. That makes a quadratic energy whose matrix has 25 entries per row, one for each pixel
of the 5×5 neighbourhood. They are kept as 25 planes over the unknown pixels, so that the inner loops run along rows.

Pictures here carry a border of ``BORDER`` repeated pixels, so that no window ever leaves them. ``runs`` lists the
stretches of unknown pixels: (row, first column, end column, number of the first pixel among all unknown ones).
"""

import numba
import numpy as np

from rgbd_seg.arrays import Float32, UInt8

BORDER = 3
_WINDOW = 9  # pixels of a 3×3 window


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def find_runs(mask: UInt8) -> np.ndarray:
    """(n, 4) int32 stretches of non-zero pixels, row by row; the last row holds the total in its fourth column."""
    height, width = mask.shape
    count = 0
    for y in range(height):
        for x in range(width):
            if mask[y, x] != 0 and (x == 0 or mask[y, x - 1] == 0):
                count += 1
    runs = np.empty((count + 1, 4), np.int32)
    count = 0
    pixels = 0
    for y in range(height):
        x = 0
        while x < width:
            if mask[y, x] == 0:
                x += 1
                continue
            start = x
            while x < width and mask[y, x] != 0:
                x += 1
            runs[count, 0], runs[count, 1], runs[count, 2], runs[count, 3] = y, start, x, pixels
            pixels += x - start
            count += 1
    runs[count, 0], runs[count, 1], runs[count, 2], runs[count, 3] = 0, 0, 0, pixels
    return runs


@numba.njit(cache=True, nogil=True, fastmath=True)  # type: ignore[untyped-decorator]
def window_models(guide: Float32, runs: np.ndarray, epsilon: float, mean: Float32, inverse: Float32) -> None:
    """Mean colour and inverse colour covariance of the 3×3 window around every pixel of ``runs``.

    Args:
        guide: (3, h, w) in [0, 1].
        epsilon: added to the covariance's diagonal.
        mean: (3, h, w), written.
        inverse: (6, h, w), written: rr, rg, rb, gg, gb, bb.
    """
    for run in range(runs.shape[0] - 1):
        y = runs[run, 0]
        for x in range(runs[run, 1], runs[run, 2]):
            r = g = b = 0.0
            rr = rg = rb = gg = gb = bb = 0.0
            # Differences to the centre pixel: the covariance of nearly equal numbers would drown in rounding.
            r0, g0, b0 = guide[0, y, x], guide[1, y, x], guide[2, y, x]
            for dy in range(-1, 2):
                for dx in range(-1, 2):
                    dr = np.float64(guide[0, y + dy, x + dx] - r0)
                    dg = np.float64(guide[1, y + dy, x + dx] - g0)
                    db = np.float64(guide[2, y + dy, x + dx] - b0)
                    r += dr
                    g += dg
                    b += db
                    rr += dr * dr
                    rg += dr * dg
                    rb += dr * db
                    gg += dg * dg
                    gb += dg * db
                    bb += db * db
            r /= _WINDOW
            g /= _WINDOW
            b /= _WINDOW
            rr = rr / _WINDOW - r * r + epsilon
            gg = gg / _WINDOW - g * g + epsilon
            bb = bb / _WINDOW - b * b + epsilon
            rg = rg / _WINDOW - r * g
            rb = rb / _WINDOW - r * b
            gb = gb / _WINDOW - g * b
            c00 = gg * bb - gb * gb
            c01 = gb * rb - rg * bb
            c02 = rg * gb - gg * rb
            scale = 1.0 / (rr * c00 + rg * c01 + rb * c02)
            mean[0, y, x], mean[1, y, x], mean[2, y, x] = r0 + r, g0 + g, b0 + b
            inverse[0, y, x] = c00 * scale
            inverse[1, y, x] = c01 * scale
            inverse[2, y, x] = c02 * scale
            inverse[3, y, x] = (rr * bb - rb * rb) * scale
            inverse[4, y, x] = (rg * rb - rr * gb) * scale
            inverse[5, y, x] = (rr * gg - rg * rg) * scale


@numba.njit(cache=True, nogil=True, fastmath=True)  # type: ignore[untyped-decorator]
def assemble(
    guide: Float32,
    mean: Float32,
    inverse: Float32,
    runs: np.ndarray,
    first: int,
    last: int,
    trust: Float32,
    matrix: Float32,
) -> None:
    """The matrix rows of ``runs[first:last]``: matting Laplacian plus ``trust`` on the diagonal.

    Args:
        trust: (h, w) weight of the probability at every pixel.
        matrix: (25, unknown pixels), written.
    """
    longest = 0
    for run in range(first, last):
        longest = max(longest, runs[run, 2] - runs[run, 1])
    mr = np.empty(longest, np.float32)
    mg = np.empty(longest, np.float32)
    mb = np.empty(longest, np.float32)
    rest = np.empty(longest, np.float32)
    for run in range(first, last):
        y, x, offset = runs[run, 0], runs[run, 1], runs[run, 3]
        n = runs[run, 2] - x
        matrix[:, offset : offset + n] = np.float32(0.0)
        for wy in range(-1, 2):
            for wx in range(-1, 2):
                cy, cx = y + wy, x + wx
                # Windows that reach into the border say nothing: what lies there was never seen.
                if cy - 1 < BORDER or cy + 1 >= guide.shape[1] - BORDER:
                    continue
                start = max(0, BORDER + 1 - cx)
                stop = min(n, guide.shape[2] - BORDER - 1 - cx)
                for i in range(start, stop):
                    cxi = cx + i
                    red, green, blue = mean[0, cy, cxi], mean[1, cy, cxi], mean[2, cy, cxi]
                    dr, dg, db = guide[0, y, x + i] - red, guide[1, y, x + i] - green, guide[2, y, x + i] - blue
                    i1, i2, i4 = inverse[1, cy, cxi], inverse[2, cy, cxi], inverse[4, cy, cxi]
                    mr[i] = inverse[0, cy, cxi] * dr + i1 * dg + i2 * db
                    mg[i] = i1 * dr + inverse[3, cy, cxi] * dg + i4 * db
                    mb[i] = i2 * dr + i4 * dg + inverse[5, cy, cxi] * db
                    rest[i] = np.float32(1.0) - mr[i] * red - mg[i] * green - mb[i] * blue
                for jy in range(-1, 2):
                    for jx in range(-1, 2):
                        row = matrix[(wy + jy + 2) * 5 + wx + jx + 2, offset : offset + n]
                        reds = guide[0, cy + jy, cx + jx : cx + jx + n]
                        greens = guide[1, cy + jy, cx + jx : cx + jx + n]
                        blues = guide[2, cy + jy, cx + jx : cx + jx + n]
                        for i in range(start, stop):
                            row[i] -= rest[i] + mr[i] * reds[i] + mg[i] * greens[i] + mb[i] * blues[i]
        # Rows of a Laplacian sum to zero; setting the diagonal so also takes out the rounding above.
        centre = matrix[12, offset : offset + n]
        centre[:] = np.float32(0.0)
        for k in range(25):
            if k != 12:
                row = matrix[k, offset : offset + n]
                for i in range(n):
                    row[i] *= np.float32(1.0 / _WINDOW)
                    centre[i] -= row[i]
        for i in range(n):
            centre[i] += trust[y, x + i]


@numba.njit(cache=True, nogil=True, fastmath=True)  # type: ignore[untyped-decorator]
def _multiply(matrix: Float32, runs: np.ndarray, grid: Float32, result: Float32) -> None:
    for run in range(runs.shape[0] - 1):
        y, x, offset = runs[run, 0], runs[run, 1], runs[run, 3]
        n = runs[run, 2] - x
        out = result[offset : offset + n]
        out[:] = np.float32(0.0)
        # Five terms at a time: one pass per term would spend more on starting loops than on the sums.
        for k in range(0, 25, 5):
            row0 = matrix[k, offset : offset + n]
            row1 = matrix[k + 1, offset : offset + n]
            row2 = matrix[k + 2, offset : offset + n]
            row3 = matrix[k + 3, offset : offset + n]
            row4 = matrix[k + 4, offset : offset + n]
            values = grid[y + k // 5 - 2, x - 2 : x + 2 + n]
            for i in range(n):
                out[i] += (
                    row0[i] * values[i]
                    + row1[i] * values[i + 1]
                    + row2[i] * values[i + 2]
                    + row3[i] * values[i + 3]
                    + row4[i] * values[i + 4]
                )


@numba.njit(cache=True, nogil=True, fastmath=True)  # type: ignore[untyped-decorator]
def solve(
    matrix: Float32,
    runs: np.ndarray,
    trust: Float32,
    target: Float32,
    alpha: Float32,
    iterations: int,
    tolerance: float,
) -> int:
    """Conjugate gradients with Jacobi preconditioning; ``alpha`` is the start and receives the result.

    Args:
        target: (h, w) what the probability says of alpha.
        alpha: (h, w), already right outside ``runs``.
        tolerance: stop when the preconditioned residual has fallen to this part of an alpha step of 1 per pixel.
    Returns:
        Iterations done.
    """
    count = runs[-1, 3]
    product = np.empty(count, np.float32)
    residual = np.empty(count, np.float32)
    direction = np.zeros(alpha.shape, np.float32)
    _multiply(matrix, runs, alpha, product)
    energy = 0.0
    for run in range(runs.shape[0] - 1):
        y, x, offset = runs[run, 0], runs[run, 1], runs[run, 3]
        for i in range(runs[run, 2] - x):
            j = offset + i
            residual[j] = trust[y, x + i] * target[y, x + i] - product[j]
            step = residual[j] / matrix[12, j]
            direction[y, x + i] = step
            energy += np.float64(residual[j] * step)
    for iteration in range(iterations):
        if energy <= tolerance * tolerance * count:
            return iteration
        _multiply(matrix, runs, direction, product)
        curvature = 0.0
        for run in range(runs.shape[0] - 1):
            y, x, offset = runs[run, 0], runs[run, 1], runs[run, 3]
            for i in range(runs[run, 2] - x):
                curvature += direction[y, x + i] * product[offset + i]
        if curvature <= 0.0:
            return iteration
        length = np.float32(energy / curvature)
        before = energy
        energy = 0.0
        for run in range(runs.shape[0] - 1):
            y, x, offset = runs[run, 0], runs[run, 1], runs[run, 3]
            for i in range(runs[run, 2] - x):
                j = offset + i
                alpha[y, x + i] += length * direction[y, x + i]
                residual[j] -= length * product[j]
                energy += residual[j] * residual[j] / matrix[12, j]
        turn = np.float32(energy / before)
        for run in range(runs.shape[0] - 1):
            y, x, offset = runs[run, 0], runs[run, 1], runs[run, 3]
            for i in range(runs[run, 2] - x):
                j = offset + i
                direction[y, x + i] = residual[j] / matrix[12, j] + turn * direction[y, x + i]
    return iterations


@numba.njit(cache=True, nogil=True, fastmath=True)  # type: ignore[untyped-decorator]
def line_models(
    guide: Float32, mean: Float32, inverse: Float32, runs: np.ndarray, alpha: Float32, lines: Float32
) -> None:
    """The linear functions of colour, alpha = lines[0:3] · colour + lines[3], in the window of every pixel of ``runs``.

    Args:
        lines: (h, w, 4), written.
    """
    for run in range(runs.shape[0] - 1):
        y = runs[run, 0]
        for x in range(runs[run, 1], runs[run, 2]):
            r, g, b = mean[0, y, x], mean[1, y, x], mean[2, y, x]
            level = np.float32(0.0)
            cr = cg = cb = np.float32(0.0)
            for dy in range(-1, 2):
                for dx in range(-1, 2):
                    value = alpha[y + dy, x + dx]
                    level += value
                    cr += value * (guide[0, y + dy, x + dx] - r)
                    cg += value * (guide[1, y + dy, x + dx] - g)
                    cb += value * (guide[2, y + dy, x + dx] - b)
            share = np.float32(1.0 / _WINDOW)
            i = inverse[:, y, x]
            ar = (i[0] * cr + i[1] * cg + i[2] * cb) * share
            ag = (i[1] * cr + i[3] * cg + i[4] * cb) * share
            ab = (i[2] * cr + i[4] * cg + i[5] * cb) * share
            lines[y, x, 0], lines[y, x, 1], lines[y, x, 2] = ar, ag, ab
            lines[y, x, 3] = level * share - ar * r - ag * g - ab * b


@numba.njit(cache=True, nogil=True, fastmath=True)  # type: ignore[untyped-decorator]
def render(
    color: UInt8,
    alpha: Float32,
    lines: Float32,
    active: UInt8,
    low: float,
    high: float,
    first: int,
    last: int,
    result: Float32,
) -> None:
    """Rows ``first`` to ``last`` of the full-size alpha from a smaller one and its linear functions of colour.

    Args:
        color: (H, W, 3) full-size picture.
        alpha: (h, w) bordered alpha of the working size.
        lines: (h, w, 4) bordered, valid wherever ``active`` is not 0, and one pixel further.
        active: (h, w) bordered, 0 where alpha is 0, or 1, at a pixel and around it.
        low, high: alpha below ``low`` becomes 0, above ``high`` 1.
        result: (H, W), written.
    """
    height, width = result.shape
    h, w = alpha.shape[0] - 2 * BORDER, alpha.shape[1] - 2 * BORDER
    columns = np.empty(width, np.int32)
    parts = np.empty(width, np.float32)
    for x in range(width):
        u = (x + 0.5) * w / width - 0.5 + BORDER
        columns[x] = int(u)
        parts[x] = u - int(u)
    gain = np.float32(1.0 / (high - low))
    floor = np.float32(low)
    share = np.float32(1.0 / 255.0)
    zero, one = np.float32(0.0), np.float32(1.0)
    for y in range(first, last):
        v = (y + 0.5) * h / height - 0.5 + BORDER
        v0 = int(v)
        fv = np.float32(v - v0)
        for x in range(width):
            u0 = columns[x]
            if active[v0, u0] == 0:
                result[y, x] = alpha[v0, u0]
                continue
            fu = parts[x]
            value = zero
            for k in range(4):
                top = lines[v0, u0, k] * (one - fu) + lines[v0, u0 + 1, k] * fu
                bottom = lines[v0 + 1, u0, k] * (one - fu) + lines[v0 + 1, u0 + 1, k] * fu
                mixed = top * (one - fv) + bottom * fv
                value += mixed * (color[y, x, k] * share) if k < 3 else mixed
            result[y, x] = min(one, max(zero, (value - floor) * gain))
