"""Learns what is normal from the reports as they come, beside the watch; shows it, and opens no ticket."""
