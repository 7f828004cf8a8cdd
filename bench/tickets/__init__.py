"""Tickets: one per real fault, through crashes, storms, flapping and a helpdesk that is down."""
