"""A page on which a person decides about each proposal: one file, opened from the disk, that talks to nobody."""
