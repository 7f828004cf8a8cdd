"""What devices tell by themselves: one pull point each, and what their messages mean.

OnvifEvents        the collector: a short pull each round, news that make the agent look at once
    │
Subscription       one device: made, renewed, pulled, made anew, removed; its address outlives us
 ┌──┴───┐
notices topics     a PullMessages answer into notices · which topic is which event (topics.yaml)
"""

from collectors.onvif.events.book import Book, MemoryBook
from collectors.onvif.events.collector import OnvifEvents

__all__ = ["Book", "MemoryBook", "OnvifEvents"]
