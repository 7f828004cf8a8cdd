"""What recorders tell over their makers' own HTTP pages, where ONVIF is silent: disks and channels.

RecorderPages    the collector: which maker, which pages, one after the other
│
knowledge        `makers/*.yaml` into questions: paths, rows, words
│
pages            a page (XML, or lines of key=value) into rows; pure
"""

from collectors.vendor.collector import RecorderPages

__all__ = ["RecorderPages"]
