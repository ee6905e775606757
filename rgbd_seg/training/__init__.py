"""Making data, measuring and training; needs the extras ``open3d`` or ``torch``, nothing in the core needs it."""
