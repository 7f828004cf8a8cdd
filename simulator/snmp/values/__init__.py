"""What the simulated devices say of themselves: a file per MIB, put together by role in `roles`."""
