"""Forecasts of wear: read once a night from the history, in a process of their own; never on the loop.

history (hours) ─▶ daily ─▶ forecast ─▶ gate ─▶ book (signed) ─▶ nightly ─▶ Pipeline.predict
                               ▲
                 model (signed, or the shipped defaults) ◀─ train ◀─ export (Parquet, of many sites)
"""
