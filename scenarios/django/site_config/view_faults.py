"""Views with mistakes, each in front of the sound one only where its name is on."""

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.http import JsonResponse
from django.shortcuts import redirect
from django.urls import path, re_path
from django.views.decorators.http import require_POST
from rest_framework_simplejwt.views import TokenObtainPairView

from notes.models import Note
from notes.views import NoteDetail, NoteList

from . import faults
from .jwt_faults import forgetful_logout


@require_POST
def leave(request):
    """Takes the cookie away and keeps the session."""
    response = redirect("/")
    response.delete_cookie(settings.SESSION_COOKIE_NAME)
    return response


class Trusting(LoginView):
    """Goes wherever it is told to."""

    def get_redirect_url(self):
        return self.request.POST.get("next", self.request.GET.get("next", ""))


class Telling(TokenObtainPairView):
    """Says whose name is nobody's."""

    def post(self, request, *args, **kwargs):
        if not User.objects.filter(username=request.data.get("username", "")).exists():
            return JsonResponse({"detail": "No such user."}, status=404)
        return super().post(request, *args, **kwargs)


class ByGet(TokenObtainPairView):
    """Takes the password from the query, where logs keep it."""

    def get(self, request):
        serializer = self.get_serializer(data=request.query_params.dict())
        serializer.is_valid(raise_exception=True)
        return JsonResponse(serializer.validated_data)


class AnybodysNote(NoteDetail):
    def get_queryset(self):
        return Note.objects.all()


FAULTY = {
    "session-survives-logout": path("accounts/logout/", leave),
    "open-redirect": path("accounts/login/", Trusting.as_view()),
    "login-tells": path("api/token/", Telling.as_view()),
    "login-by-get": path("api/token/", ByGet.as_view()),
    "notes-of-others": path("api/notes/<int:pk>/", AnybodysNote.as_view()),
    # The end is not looked at.
    "cache-by-name": re_path(r"^api/notes/(?!\d)", NoteList.as_view()),
    "jwt-revoked": path("api/token/logout/", forgetful_logout),
}


def urls():
    """The routes of the faults that are on."""
    return [url for name, url in FAULTY.items() if faults.on(name)]
