"""ONVIF devices: SOAP 1.2 over HTTP, written against the ONVIF specifications and with no client's code."""
