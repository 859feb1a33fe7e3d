//! Recipes for who gets in, tokens, limits, files and the connection.

use super::Fix;

pub const RECIPES: &[Fix] = &[
    Fix {
        id: "R-AUTH",
        advice: "Close by default: every view wants a credential unless it says otherwise, objects are looked up among those of \
                 the caller, and tokens are read from the Authorization header only.",
        django: Some(
            "REST_FRAMEWORK = {\"DEFAULT_PERMISSION_CLASSES\": [\"rest_framework.permissions.IsAuthenticated\"]}\n\
             # in a view\ndef get_queryset(self):\n    return Note.objects.filter(owner=self.request.user)",
        ),
        nginx: None,
    },
    Fix {
        id: "R-DRF401",
        advice: "DRF answers with the challenge of the first authentication class. With SessionAuthentication first there is none, \
                 and 401 becomes 403: put a token class first.",
        django: Some(
            "REST_FRAMEWORK = {\"DEFAULT_AUTHENTICATION_CLASSES\": [\n    \
             \"rest_framework_simplejwt.authentication.JWTAuthentication\",\n    \
             \"rest_framework.authentication.SessionAuthentication\",\n]}",
        ),
        nginx: None,
    },
    Fix {
        id: "R-RATE",
        advice: "Limit logins in a store that all workers share: DRF's throttles on a cache in each process's memory allow the limit \
                 once a worker. Answer 429 with Retry-After.",
        django: Some(
            "CACHES = {\"default\": {\"BACKEND\": \"django.core.cache.backends.redis.RedisCache\", \"LOCATION\": \"redis://…\"}}\n\
             REST_FRAMEWORK = {\"DEFAULT_THROTTLE_RATES\": {\"login\": \"5/min\"}}\n# in the view\n\
             throttle_classes = [ScopedRateThrottle]\nthrottle_scope = \"login\"",
        ),
        nginx: Some(
            "limit_req_zone $binary_remote_addr zone=login:10m rate=10r/m;\n\
             location /accounts/login/ { limit_req zone=login burst=5 nodelay; limit_req_status 429; }",
        ),
    },
    Fix {
        id: "R-XFF",
        advice: "The address that a limit counts by must not come from the client: let the outermost proxy overwrite \
                 X-Forwarded-For, and tell DRF how many proxies there are.",
        django: Some("REST_FRAMEWORK = {\"NUM_PROXIES\": 1}"),
        nginx: Some("proxy_set_header X-Forwarded-For $remote_addr;"),
    },
    Fix {
        id: "R-ENUM",
        advice: "Give a wrong password and an unknown user the same answer after the same work: Django's authenticate() hashes once \
                 for unknown users too, so do not return before it.",
        django: Some(
            "user = authenticate(request, username=name, password=password)  # for unknown names too",
        ),
        nginx: None,
    },
    Fix {
        id: "R-JWT",
        advice: "Accept one algorithm, require exp, iss and aud, keep access tokens short, rotate and revoke refresh tokens, and take \
                 no key material from a token's header.",
        django: Some(
            "SIMPLE_JWT = {\n    \"ALGORITHM\": \"HS256\", \"AUDIENCE\": \"notes\", \"ISSUER\": \"https://notes.example\",\n    \
             \"ACCESS_TOKEN_LIFETIME\": timedelta(minutes=5),\n    \"ROTATE_REFRESH_TOKENS\": True, \
             \"BLACKLIST_AFTER_ROTATION\": True,\n}",
        ),
        nginx: None,
    },
    Fix {
        id: "R-JWTKEY",
        advice: "Sign with a key of its own, of 256 random bits or more, another one in each environment; publish public parts only.",
        django: Some(
            "SIMPLE_JWT = {\"SIGNING_KEY\": os.environ[\"JWT_SIGNING_KEY\"]}  # python -c 'import secrets; …token_hex(32)'",
        ),
        nginx: None,
    },
    Fix {
        id: "R-DRFTOKEN",
        advice: "Tokens of rest_framework.authtoken live until they are deleted, and its login view turns throttling off. Delete the \
                 token at logout, prefer tokens that end, and subclass the view to throttle it.",
        django: Some(
            "class ObtainToken(ObtainAuthToken):\n    throttle_classes = [ScopedRateThrottle]\n    throttle_scope = \"login\"\n\n\
             Token.objects.filter(user=request.user).delete()  # at logout",
        ),
        nginx: None,
    },
    Fix {
        id: "R-DRF",
        advice: "In production render JSON only, protect the schema, bound the size of a page, and tell nothing by OPTIONS.",
        django: Some(
            "REST_FRAMEWORK = {\n    \"DEFAULT_RENDERER_CLASSES\": [\"rest_framework.renderers.JSONRenderer\"],\n    \
             \"DEFAULT_METADATA_CLASS\": None,\n}\n# a pagination class with max_page_size",
        ),
        nginx: None,
    },
    Fix {
        id: "R-CORS",
        advice: "List the origins that may read answers, anchor patterns at both ends, allow credentials only where they are needed, \
                 and vary by Origin.",
        django: Some("CORS_ALLOWED_ORIGINS = [\"https://app.example\"]\nCORS_ALLOW_ALL_ORIGINS = False"),
        nginx: None,
    },
    Fix {
        id: "R-BIND",
        advice: "Let only the proxy reach the application server.",
        django: Some("gunicorn --bind unix:/run/app.sock app.wsgi  # or 127.0.0.1:8000"),
        nginx: Some("proxy_pass http://unix:/run/app.sock;"),
    },
    Fix {
        id: "R-TLS",
        advice: "TLS 1.2 and 1.3 with forward secrecy, a shared session cache, and certificates that renew themselves.",
        django: None,
        nginx: Some(
            "ssl_protocols TLSv1.2 TLSv1.3;\nssl_prefer_server_ciphers off;\nssl_session_cache shared:SSL:10m;\n\
             ssl_session_tickets off;",
        ),
    },
    Fix {
        id: "R-SMUGGLE",
        advice: "Keep proxy and server current, leave their parsers strict, and speak one HTTP version between them.",
        django: None,
        nginx: Some("proxy_http_version 1.1;\nproxy_set_header Connection \"\";"),
    },
    Fix {
        id: "R-TIMEOUT",
        advice: "Bound how long a client may take, in the proxy, which buffers for the workers behind it.",
        django: None,
        nginx: Some(
            "client_header_timeout 15s;\nclient_body_timeout 15s;\nsend_timeout 15s;\nkeepalive_timeout 30s;\n\
             proxy_request_buffering on;",
        ),
    },
    Fix {
        id: "R-KEEP",
        advice: "Keep connections open on both sides of the proxy.",
        django: Some("gunicorn --worker-class gthread --threads 8 --keep-alive 5 app.wsgi"),
        nginx: Some(
            "upstream app { server 127.0.0.1:8000; keepalive 32; }\nproxy_http_version 1.1;\nproxy_set_header Connection \"\";",
        ),
    },
    Fix {
        id: "R-DOT",
        advice: "Serve a folder that holds nothing but public files, and refuse dot files.",
        django: None,
        nginx: Some("location ~ /\\.(?!well-known) { return 404; }"),
    },
    Fix { id: "R-DIR", advice: "No listing of folders.", django: None, nginx: Some("autoindex off;") },
    Fix {
        id: "R-ALIAS",
        advice: "End location and alias both with a slash, else `/static../` leaves the folder.",
        django: None,
        nginx: Some("location /static/ { alias /srv/app/static/; }"),
    },
    Fix {
        id: "R-MEDIA",
        advice: "Files of users belong on a host of their own; else send them as attachments in a sandbox.",
        django: None,
        nginx: Some(
            "location /media/ {\n    add_header Content-Disposition attachment always;\n    \
             add_header Content-Security-Policy \"sandbox\" always;\n    add_header X-Content-Type-Options nosniff always;\n}",
        ),
    },
    Fix {
        id: "R-GZIP",
        advice: "Compress text, and vary by Accept-Encoding. Leave out pages that hold a stable secret beside what the client sent.",
        django: None,
        nginx: Some(
            "gzip on;\ngzip_vary on;\ngzip_min_length 1024;\n\
             gzip_types text/css application/javascript application/json image/svg+xml;",
        ),
    },
    Fix {
        id: "R-LEAK",
        advice: "One user's data in another one's answer comes from state that requests share: module globals, thread locals in async \
                 code, pooled sessions to back ends, caches whose key lacks the user.",
        django: Some("cache.get_or_set(f\"notes:{request.user.pk}\", …)  # the user belongs into the key"),
        nginx: Some(
            "proxy_cache_bypass $http_authorization $cookie_sessionid;\nproxy_no_cache $http_authorization $cookie_sessionid;",
        ),
    },
    Fix {
        id: "R-HASHCOST",
        advice: "Password hashing is meant to be slow. Limit logins before the hash, and give them workers of their own.",
        django: None,
        nginx: Some(
            "limit_req_zone $binary_remote_addr zone=login:10m rate=10r/m;\nlocation /accounts/login/ { limit_req zone=login burst=5; \
             proxy_pass http://logins; }",
        ),
    },
];
