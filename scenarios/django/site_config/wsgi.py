import os

from django.core.wsgi import get_wsgi_application
from django.db import connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_config.settings")
application = get_wsgi_application()

from notes.models import WrongPasswords  # noqa: E402

# Those of an earlier start are no concern of this one's, which a test may have begun a second later.
WrongPasswords.objects.all().delete()
# A connection does not survive the fork into workers.
connections.close_all()
