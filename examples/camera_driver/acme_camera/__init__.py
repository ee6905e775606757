"""The driver of the Acme camera."""
