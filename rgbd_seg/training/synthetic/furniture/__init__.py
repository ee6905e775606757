"""Things that stand in places; each is made at the origin, on the floor, facing +z."""
