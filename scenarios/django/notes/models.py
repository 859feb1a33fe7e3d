from django.conf import settings
from django.db import models, transaction
from django.utils import timezone


class Note(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notes")
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True, max_length=10_000)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]


class WrongPasswords(models.Model):
    """How many there were of late, counted in one place for all workers."""

    key = models.CharField(max_length=200, primary_key=True)
    since = models.DateTimeField()
    count = models.PositiveIntegerField()

    @classmethod
    def take(cls, key, most, window):
        """Counts one more, and says whether there were fewer than `most`."""
        now = timezone.now()
        # A transaction holds the write lock from its beginning (settings.py): nobody counts between reading and writing.
        with transaction.atomic():
            row, _ = cls.objects.get_or_create(key=key, defaults={"since": now, "count": 0})
            if now - row.since > window:
                row.since, row.count = now, 0
            if row.count >= most:
                return False
            row.count += 1
            row.save()
            return True

    @classmethod
    def give_back(cls, key):
        cls.objects.filter(key=key, count__gt=0).update(count=models.F("count") - 1)
