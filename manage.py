#!/usr/bin/env python
"""Horizon's command line: `up` runs the platform, the rest is Django's."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.settings")
    execute_from_command_line(sys.argv)
