"""Finding devices: `siteward discover` for onboarding, and a scheduled scan that tells strangers.

collectors.discovery ─▶ Found ─▶ onboard (a few reads, one login) ─▶ Candidate ─▶ rows (a line of devices.csv)
└──▶ scan (each few hours) ─▶ strangers and what vanished ─▶ the watch
"""
