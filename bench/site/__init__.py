"""A generated site for the benches of judgement: what exists, what is broken, what would be reported."""
