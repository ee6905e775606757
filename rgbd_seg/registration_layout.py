"""How registration lays out its working memory, shared by the compiled loops.

Vector instructions come only where the compiler can prove that arrays do not overlap and knows the trip count.
So a block of projected pixels is one record (u, v, z, each with room for its left and right neighbour) in one flat
ring, working memory is one flat array cut at constants, and loops run over whole blocks.
"""

import numpy as np

BLOCK = 32  # depth pixels handled together along a row
GROUP = 16  # depth rows that share their bounds
NODE = 16  # colour pixels between nodes of the ray table; lenses bend less than 0.01 px away from linear between

ZERO, HALF, ONE = np.float32(0), np.float32(0.5), np.float32(1)
NOTHING = np.float32(np.inf)  # depth where there is none
MISMATCH = np.float32(0.1)  # px; edges may deviate this far from straight lines, and joined patches overlap by it

# A record of the ring.
PITCH = BLOCK + 16
U, V, Z = 8, PITCH + 8, 2 * PITCH + 8
RECORD = 3 * PITCH

# Working memory of one block.
RAYS = 0
ACROSS, BASE = 3 * BLOCK, 4 * BLOCK
LEFT, RIGHT, TOP, BOTTOM, DOWN, SLOPE = 5 * BLOCK, 6 * BLOCK, 7 * BLOCK, 8 * BLOCK, 9 * BLOCK, 10 * BLOCK
LINE = 11 * BLOCK
LONGEST = 512  # colour columns of a block drawn row-wise
SCRATCH = LINE + 2 * LONGEST + 4 * BLOCK
