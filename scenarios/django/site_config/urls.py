from django.conf import settings
from django.contrib.auth import views as auth_views
from django.db import transaction
from django.urls import path
from django.views.static import serve
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework_simplejwt.views import TokenBlacklistView, TokenObtainPairView, TokenRefreshView

from notes import views
from notes.parsers import BoundedJSONParser

from . import faults, regressions

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("dashboard/", views.dashboard, name="dashboard"),
    path("accounts/login/", auth_views.LoginView.as_view(), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("api-token-auth/", ObtainAuthToken.as_view(parser_classes=[BoundedJSONParser])),
    path("api/token/", TokenObtainPairView.as_view()),
    # SimpleJWT looks whether a token is spent, and later spends it: two at once would both get new ones.
    path("api/token/refresh/", transaction.atomic(TokenRefreshView.as_view())),
    path("api/token/logout/", TokenBlacklistView.as_view()),
    path("api/whoami/", views.WhoAmI.as_view()),
    path("api/notes/", views.NoteList.as_view()),
    path("api/notes/<int:pk>/", views.NoteDetail.as_view()),
]

if faults.SWITCHES.all_on:
    from . import view_faults

    urlpatterns = view_faults.urls() + urlpatterns

if regressions.on("static-through-application"):
    urlpatterns.append(path("static/<path:path>", serve, {"document_root": settings.STATIC_ROOT}))

handler404 = "notes.errors.not_found"
handler500 = "notes.errors.server_error"
