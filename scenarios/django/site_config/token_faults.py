from rest_framework.authentication import TokenAuthentication


class TokenInQuery(TokenAuthentication):
    """Takes the token from the query, where logs and histories keep it."""

    def authenticate(self, request):
        token = request.GET.get("token")
        return self.authenticate_credentials(token) if token else None
