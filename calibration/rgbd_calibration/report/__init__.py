"""Reports a quality engineer can read on screen and file on paper: one HTML page, nothing loaded from outside."""
