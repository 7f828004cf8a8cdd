"""ONVIF: what cameras and recorders say of themselves.

    identity  clock  media        a question each: a thin ask and a pure parse
         └──────┼──────┘
             client                `Onvif`: sessions by device, a bounded pool of threads, `await call(…)`
                │
             session               one device: login, clock, paths, what it does not support; one request in
             flight
      ┌─────────┼──────────┐
    wire      soap       wsdl      HTTP with a deadline · envelopes and tolerant parsing · zeep for rare calls

The client only reads: `operations.READ` lists all it will ever send.
"""
