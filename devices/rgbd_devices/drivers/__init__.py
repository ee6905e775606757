"""One module for each kind of camera; a maker's package is imported only when a camera of it is looked for."""
