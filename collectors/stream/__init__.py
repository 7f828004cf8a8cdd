"""Video streams: opened, timed and looked at in worker processes that may be killed.

    StreamCheck ──StreamJob──▶ WorkerPool ══pipe══▶ worker ──▶ look ──▶ open · take · decode · pictures
                ◀─StreamResult─            ◀══════

Only `look` and what it calls import the codec libraries, and only worker processes import `look`.
"""
