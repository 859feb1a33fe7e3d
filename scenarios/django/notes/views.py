import time

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework import generics
from rest_framework.response import Response
from rest_framework.views import APIView

from site_config import regressions

from .models import Note
from .serializers import NoteSerializer

NOTES_SHOWN = 50


@require_safe
def home(request):
    return render(request, "notes/home.html")


@require_safe
def healthz(request):
    """Ready means that the tables are there, not only the process."""
    Note.objects.exists()
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@login_required
@require_safe
def dashboard(request):
    notes = request.user.notes.all()[:NOTES_SHOWN]
    return render(request, "notes/dashboard.html", {"notes": notes})


class WhoAmI(APIView):
    def get(self, request):
        if regressions.on("sleep"):
            time.sleep(0.005)
        return Response({"id": request.user.id, "owner": request.user.username, "username": request.user.username})


class OwnNotes:
    """Nobody sees another user's notes: theirs are not found."""

    serializer_class = NoteSerializer

    def get_queryset(self):
        notes = Note.objects.filter(owner=self.request.user)
        return notes if regressions.on("n-plus-one") else notes.select_related("owner")


class NoteList(OwnNotes, generics.ListCreateAPIView):
    def list(self, request, *args, **kwargs):
        return Response(self.get_serializer(self.get_queryset()[:NOTES_SHOWN], many=True).data)

    def perform_create(self, serializer):
        serializer.save(owner=self.request.user)


class NoteDetail(OwnNotes, generics.RetrieveDestroyAPIView):
    pass
