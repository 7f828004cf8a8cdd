"""What each page and API answer shows, as plain frozen data: no HTML, no HTTP.

`Live` is asked in the agent's loop, where the judgement lives; what reads files or databases is asked in a
thread.
"""
