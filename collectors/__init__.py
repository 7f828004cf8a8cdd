"""LOOK: ask one device one thing over one protocol; hand back readings or raise a named error."""
