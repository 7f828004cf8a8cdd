"""What the agent keeps in its state folder."""

from typing import Final

STORE_FILE: Final = "siteward.db"  # history, ledger, outboxes; pictures in `evidence` beside it
HELPDESK_FILE: Final = "helpdesk.db"  # the local helpdesk; attachments in `attachments` beside it
PTZ_FILE: Final = "ptz.json"  # what is usual for each camera that can be turned
SUBSCRIPTIONS_FILE: Final = "subscriptions.jsonl"  # where devices hold our event subscriptions
SERVICE_FILE: Final = "service.db"  # the service book: hand-over, inspections, follow-up, what was sent
PREDICTIONS_FOLDER: Final = "predictions"  # daily values, the model and the forecasts of wear, signed
FORECASTS_FILE: Final = "forecasts.json"  # in that folder: what the last night said
LEARNING_FILE: Final = "learning.npz"  # what is normal for each series
LEARNING_SUMMARY_FILE: Final = "learning.json"  # how far that is, for `siteward learning`
