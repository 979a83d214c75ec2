"""Log lines: one record, one line, so that a line can be counted, cut and searched."""

import logging
import time


class Line(logging.Formatter):
    """`time=… level=… logger=… <message> error=…`: the message is `key=value` pairs already; line breaks are written `\\n`."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"
    converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """Give the record's line, the traceback included."""
        line = f"time={self.formatTime(record)} level={record.levelname.lower()} logger={record.name} {record.getMessage()}"
        if record.exc_info:
            line += f" error={self.formatException(record.exc_info)}"
        return line.replace("\r", "\\r").replace("\n", "\\n")
