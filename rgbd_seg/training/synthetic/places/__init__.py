"""Rooms, offices, shops, streets, parks and far photographs, each built around the subject at the origin."""
