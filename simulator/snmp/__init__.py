"""SNMP agents of the simulated devices: v1, v2c and v3 over UDP, a table of values for each role.

    datagram ──▶ agent ──▶ door ──▶ community (v1, v2c) │ usm (v3) ──▶ answer ──▶ table ──▶ values

Only `agent` knows sockets and the clock; the rest turns bytes and a time into bytes.
"""
