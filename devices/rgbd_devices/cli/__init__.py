"""``rgbd-seg devices`` and ``rgbd-seg live``: commands that the SDK's command line finds by entry point."""
