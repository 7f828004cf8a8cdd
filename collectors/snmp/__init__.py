"""SNMP v1, v2c and v3, read-only: health, interfaces and UPS, from knowledge kept as data."""

from collectors.snmp.collectors import SnmpHealth, SnmpInterfaces, SnmpUps
from collectors.snmp.loading import load, shipped
from collectors.snmp.node import KnowledgeError
from collectors.snmp.snmp import Snmp
from collectors.snmp.walkfile import show

__all__ = ["KnowledgeError", "Snmp", "SnmpHealth", "SnmpInterfaces", "SnmpUps", "load", "shipped", "show"]
