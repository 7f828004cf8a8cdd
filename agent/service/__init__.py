"""The contract's side of a ticket: work orders, their clocks, re-tests, and what people order of them."""
