"""`siteward demo`: a simulated site, a real broker, the real agent, and faults that come and go."""
