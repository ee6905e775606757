"""Rendered people: characters, places, light, cameras and depth sensors, all decided by one seed.

World coordinates: metres, x right, y up, the floor at y = 0; people face +z before they are turned.
"""
