"""The agent's memory in one SQLite file; `store.py` says what it promises, `schema.py` its tables.

history  Report ─▶ recorder ─▶ fresh ─▶ reading, rollup_*, coverage_*, look, outcome    one commit a cycle
work     Incident ─▶ ledger ─▶ incident, watch, intent, message                        one transaction, fsync
"""

from agent.store.orders import AuditEntry, CauseLabel, Linked, OrderCounts, Sheet
from agent.store.reader import Reader
from agent.store.records import (
    DAY,
    HOUR,
    Channel,
    Coverage,
    Deed,
    Evidence,
    HelpdeskQueue,
    Intent,
    LedgerEntry,
    Look,
    Message,
    MessageQueue,
    Newest,
    Point,
    QueuedIntent,
    QueuedMessage,
    Retention,
    Rollup,
    Run,
    StoreDamaged,
    StoreError,
    StoreHealth,
    StoreInUse,
    StoreNewer,
    StoreUnwritable,
)
from agent.store.store import Store, StoreSettings

__all__ = [
    "DAY",
    "HOUR",
    "AuditEntry",
    "CauseLabel",
    "Channel",
    "Coverage",
    "Deed",
    "Evidence",
    "HelpdeskQueue",
    "Intent",
    "LedgerEntry",
    "Linked",
    "Look",
    "Message",
    "MessageQueue",
    "Newest",
    "OrderCounts",
    "Point",
    "QueuedIntent",
    "QueuedMessage",
    "Reader",
    "Retention",
    "Rollup",
    "Run",
    "Sheet",
    "Store",
    "StoreDamaged",
    "StoreError",
    "StoreHealth",
    "StoreInUse",
    "StoreNewer",
    "StoreSettings",
    "StoreUnwritable",
]
