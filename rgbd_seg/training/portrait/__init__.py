"""Training of the portrait network: packed data, augmentation, losses, the loop, export."""
