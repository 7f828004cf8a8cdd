"""A whole CCTV site on loopback, with faults one can switch on. Imports nothing of the product it tests."""
