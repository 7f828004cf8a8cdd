"""What one SNMP poll costs: ours beside the tools that others use."""
