"""Tickets: intents wait in the store's outbox; the worker carries them to a helpdesk, in order."""
