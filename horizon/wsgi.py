"""The web process's way in."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "horizon.settings")
# To connect takes longer than most requests. Other processes fork, and what is kept does not survive that.
os.environ.setdefault("DATABASE_POOL", "20")
application = get_wsgi_application()
