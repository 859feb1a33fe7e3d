//! How to mend what a check found: what to do, and the lines that do it in Django and in nginx.

mod services;

/// A recipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fix {
    /// `R-HSTS`.
    pub id: &'static str,
    /// What to do, and what to look out for.
    pub advice: &'static str,
    /// Settings or code, where Django can do it.
    pub django: Option<&'static str>,
    /// Directives, where nginx can do it.
    pub nginx: Option<&'static str>,
}

/// A recipe by its id.
pub fn recipe(id: &str) -> Option<&'static Fix> {
    RECIPES.iter().chain(services::RECIPES).find(|fix| fix.id == id)
}

/// Recipes for headers, cookies and Django's own set-up.
const RECIPES: &[Fix] = &[
    Fix {
        id: "R-HSTS",
        advice: "Send Strict-Transport-Security from one layer only. Django sends it on requests it knows to be https, so \
                 behind a proxy it needs SECURE_PROXY_SSL_HEADER, and the proxy must set that header itself.",
        django: Some(
            "SECURE_HSTS_SECONDS = 31536000\nSECURE_HSTS_INCLUDE_SUBDOMAINS = True\n\
             SECURE_PROXY_SSL_HEADER = (\"HTTP_X_FORWARDED_PROTO\", \"https\")",
        ),
        nginx: Some("add_header Strict-Transport-Security \"max-age=31536000; includeSubDomains\" always;"),
    },
    Fix {
        id: "R-HDRS",
        advice: "Set the security headers in one layer for each answer: Django for what it serves, nginx for what it \
                 serves itself (static files, its own error pages).",
        django: Some(
            "# django.middleware.security.SecurityMiddleware first in MIDDLEWARE\nX_FRAME_OPTIONS = \"DENY\"\n\
             SECURE_CONTENT_TYPE_NOSNIFF = True\nSECURE_REFERRER_POLICY = \"same-origin\"\n\
             SECURE_CROSS_ORIGIN_OPENER_POLICY = \"same-origin\"",
        ),
        nginx: Some(
            "add_header X-Content-Type-Options nosniff always;\nadd_header X-Frame-Options DENY always;\n\
             add_header Referrer-Policy same-origin always;\nadd_header Cross-Origin-Opener-Policy same-origin always;\n\
             add_header Cross-Origin-Resource-Policy same-origin always;\n\
             add_header Permissions-Policy \"camera=(), microphone=(), geolocation=()\" always;",
        ),
    },
    Fix {
        id: "R-DUP",
        advice: "Choose the layer that sends the header. Let the other one be silent, or have nginx drop the copy that \
                 comes from the application before it adds its own.",
        django: None,
        nginx: Some(
            "proxy_hide_header Strict-Transport-Security;\n\
             add_header Strict-Transport-Security \"max-age=31536000; includeSubDomains\" always;",
        ),
    },
    Fix {
        id: "R-CT",
        advice: "Every body names its type; text names its charset; JSON is application/json.",
        django: Some(
            "return JsonResponse(data)  # or HttpResponse(..., content_type=\"text/plain; charset=utf-8\")",
        ),
        nginx: Some("include mime.types;\ncharset utf-8;"),
    },
    Fix {
        id: "R-TOKENS",
        advice: "Do not tell versions and inner names. To drop Server altogether nginx needs the headers-more module; \
                 what gunicorn sends as Server is replaced by the proxy.",
        django: None,
        nginx: Some("server_tokens off;\nproxy_hide_header X-Powered-By;"),
    },
    Fix {
        id: "R-LOGOUT",
        advice: "A logout ends the session on the server, not in the browser only. With JWT: a blacklist, rotation, and \
                 access tokens that live for minutes. With authtoken: delete the row at logout.",
        django: Some(
            "logout(request)  # flushes the session\nresponse[\"Clear-Site-Data\"] = '\"cookies\", \"storage\"'\n\n\
             # SimpleJWT, with rest_framework_simplejwt.token_blacklist installed and TokenBlacklistView routed\n\
             SIMPLE_JWT = {\"ROTATE_REFRESH_TOKENS\": True, \"BLACKLIST_AFTER_ROTATION\": True,\n\
             \x20             \"ACCESS_TOKEN_LIFETIME\": timedelta(minutes=5)}",
        ),
        nginx: None,
    },
    Fix {
        id: "R-ALWAYS",
        advice: "Without `always`, nginx adds a header to 200, 201, 204, 206, 301, 302, 303, 304, 307 and 308 only. \
                 Locations of error pages need the set as well.",
        django: None,
        nginx: Some("add_header X-Content-Type-Options nosniff always;  # and so for each of the set"),
    },
    Fix {
        id: "R-INHERIT",
        advice: "One add_header inside a location drops every inherited one. Put the set into a file of its own and \
                 include it in each location that adds a header (newer versions: add_header_inherit merge).",
        django: None,
        nginx: Some(
            "location /static/ {\n    include snippets/security-headers.conf;\n\
             \x20   add_header Cache-Control \"public, max-age=31536000, immutable\" always;\n}",
        ),
    },
    Fix {
        id: "R-CSP",
        advice: "Start with Content-Security-Policy-Report-Only, then enforce a policy with a fresh nonce for each answer. \
                 For an API: default-src 'none'; frame-ancestors 'none'. Django 6 has it built in (ContentSecurityPolicyMiddleware, and the \
                 csp context processor for the nonce); before that, the package django-csp.",
        django: Some(
            "from django.utils.csp import CSP\n\nSECURE_CSP = {\n    \"default-src\": [CSP.SELF],\n\
             \x20   \"script-src\": [CSP.NONCE, CSP.STRICT_DYNAMIC],\n    \"object-src\": [CSP.NONE],\n\
             \x20   \"base-uri\": [CSP.NONE],\n    \"form-action\": [CSP.SELF],\n    \"frame-ancestors\": [CSP.NONE],\n}",
        ),
        nginx: Some(
            "add_header Content-Security-Policy \"default-src 'none'; frame-ancestors 'none'\" always;  # API",
        ),
    },
    Fix {
        id: "R-SRI",
        advice: "Serve scripts and stylesheets yourself, or pin them.",
        django: Some(
            "<script src=\"https://...\" integrity=\"sha384-...\" crossorigin=\"anonymous\"></script>",
        ),
        nginx: None,
    },
    Fix {
        id: "R-COOKIE",
        advice: "Cookies only over https, out of scripts' reach, not for other sites' requests. The __Host- prefix makes \
                 browsers insist on it; it rules SESSION_COOKIE_DOMAIN out. Sessions of at most two weeks.",
        django: Some(
            "SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True\nSESSION_COOKIE_HTTPONLY = True\n\
             SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = \"Lax\"\nSESSION_COOKIE_NAME = \"__Host-sessionid\"\n\
             CSRF_COOKIE_NAME = \"__Host-csrftoken\"\nSESSION_COOKIE_DOMAIN = None",
        ),
        nginx: None,
    },
    Fix {
        id: "R-SESSION",
        advice: "A login gets a new session identifier. Django's login() sees to that; code of your own that logs people \
                 in must do it too. Identifiers come from the framework, never from a counter or a clock.",
        django: Some("request.session.cycle_key()"),
        nginx: None,
    },
    Fix {
        id: "R-CSRF",
        advice: "Keep CsrfViewMiddleware, exempt no view that a session opens, and change state by POST only.",
        django: Some(
            "# django.middleware.csrf.CsrfViewMiddleware in MIDDLEWARE, no @csrf_exempt\n\
             CSRF_TRUSTED_ORIGINS = [\"https://www.example.com\"]\n\n@require_POST\ndef logout_view(request): ...",
        ),
        nginx: None,
    },
    Fix {
        id: "R-REDIR",
        advice: "Plain http answers with a redirect to https on a fixed name, and nothing else; a host for an API may \
                 refuse it. Check where a `next` parameter leads.",
        django: Some(
            "SECURE_SSL_REDIRECT = True\n# url_has_allowed_host_and_scheme() before following next=",
        ),
        nginx: Some(
            "server {\n    listen 80;\n    server_name www.example.com;\n    return 301 https://$host$request_uri;\n}",
        ),
    },
    Fix {
        id: "R-PROXY",
        advice: "The proxy overwrites, and never appends to, the headers that say who asked and how; gunicorn believes \
                 only the proxy.",
        django: Some("# gunicorn.conf.py\nforwarded_allow_ips = \"127.0.0.1\""),
        nginx: Some(
            "proxy_set_header Host $host;\nproxy_set_header X-Forwarded-Proto $scheme;\n\
             proxy_set_header X-Forwarded-For $remote_addr;\nproxy_set_header X-Forwarded-Host $host;",
        ),
    },
    Fix {
        id: "R-CACHE",
        advice: "Answers about one user are not for shared caches.",
        django: Some(
            "@never_cache\ndef view(request): ...\n\n@cache_control(private=True, no_store=True)\n\
             @vary_on_headers(\"Authorization\", \"Cookie\")\ndef data(request): ...",
        ),
        nginx: Some(
            "proxy_no_cache $http_authorization $cookie_sessionid;\nproxy_cache_bypass $http_authorization $cookie_sessionid;",
        ),
    },
    Fix {
        id: "R-ERR",
        advice: "Errors say nothing about the inside: own pages for 404 and 500, and for what fails behind the proxy.",
        django: Some(
            "DEBUG = False  # with 404.html and 500.html among the templates\nREST_FRAMEWORK = {\"EXCEPTION_HANDLER\": \"...\"}",
        ),
        nginx: Some("proxy_intercept_errors on;\nerror_page 500 502 503 504 /50x.html;"),
    },
    Fix {
        id: "R-METHODS",
        advice: "Refuse methods that nobody needs.",
        django: Some("@require_http_methods([\"GET\", \"POST\"])"),
        nginx: Some("if ($request_method !~ ^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$) { return 405; }"),
    },
    Fix {
        id: "R-LIMITS",
        advice: "Bound what a request may cost before the application sees it.",
        django: Some("DATA_UPLOAD_MAX_MEMORY_SIZE = 2621440\nDATA_UPLOAD_MAX_NUMBER_FIELDS = 1000"),
        nginx: Some("client_max_body_size 2m;\nlarge_client_header_buffers 4 8k;\nclient_body_timeout 15s;"),
    },
    Fix {
        id: "R-GUNICORN",
        advice: "Never serve people with runserver. Run gunicorn or uWSGI behind nginx, which takes slow clients upon \
                 itself; bind the application server to a socket or to loopback.",
        django: Some(
            "gunicorn project.wsgi --bind unix:/run/app.sock --workers 5 --worker-class gthread --threads 4",
        ),
        nginx: Some("location / { proxy_pass http://unix:/run/app.sock; }"),
    },
    Fix {
        id: "R-DEBUG",
        advice: "DEBUG comes from the environment and is off unless said otherwise; the debug toolbar is installed with \
                 it only. Let CI run manage.py check --deploy.",
        django: Some("DEBUG = os.environ.get(\"DJANGO_DEBUG\") == \"1\""),
        nginx: None,
    },
    Fix {
        id: "R-HOST",
        advice: "Answer for your own names only.",
        django: Some("ALLOWED_HOSTS = [\"www.example.com\"]\nUSE_X_FORWARDED_HOST = False"),
        nginx: Some(
            "server {\n    listen 443 ssl default_server;\n    ssl_reject_handshake on;\n    return 444;\n}\n# and in the real server\nproxy_set_header Host $host;",
        ),
    },
    Fix {
        id: "R-STATIC",
        advice: "Static files come from nginx, under hashed names, with the security headers and without cookies; the \
                 development server's static view is for development.",
        django: Some(
            "STORAGES = {\"staticfiles\": {\"BACKEND\": \"django.contrib.staticfiles.storage.ManifestStaticFilesStorage\"}}\n\
             # and at each deployment: manage.py collectstatic",
        ),
        nginx: Some(
            "location /static/ {\n    alias /srv/app/static/;\n    include snippets/security-headers.conf;\n\
             \x20   add_header Cache-Control \"public, max-age=31536000, immutable\" always;\n}",
        ),
    },
    Fix {
        id: "R-ADMIN",
        advice: "Keep the admin away from the public: another path, known addresses only, a limit on logins, a second \
                 factor.",
        django: Some("path(\"staff-only/\", admin.site.urls)"),
        nginx: Some("location /staff-only/ { allow 192.0.2.0/24; deny all; }"),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_names_a_recipe_that_exists() {
        for check in crate::audit::catalogue().filter(|check| !check.fix.is_empty()) {
            assert!(recipe(check.fix).is_some(), "{}: no recipe {}", check.id, check.fix);
        }
    }

    #[test]
    fn every_recipe_does_something() {
        let all = || RECIPES.iter().chain(services::RECIPES);
        for fix in all() {
            assert!(fix.django.is_some() || fix.nginx.is_some(), "{}", fix.id);
            assert_eq!(all().filter(|other| other.id == fix.id).count(), 1, "{}", fix.id);
            assert!(fix.advice.ends_with('.'), "{}", fix.id);
        }
    }
}
