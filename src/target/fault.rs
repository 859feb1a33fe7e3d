//! Things that are wrong on purpose, one for each row of the audit's catalogue.

use std::str::FromStr;

/// One line a fault: variant, name on the command line, the audit row it should trip, what is wrong.
/// The rest of this file follows from the list; the code it switches asks [`Faults::has`].
macro_rules! faults {
    ($($variant:ident $name:literal $row:literal $about:literal;)+) => {
        /// One thing that is wrong on purpose.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Fault {
            $(#[doc = $about] $variant,)+
        }

        impl Fault {
            /// Every fault, in the catalogue's order.
            pub const ALL: &'static [Fault] = &[$(Fault::$variant),+];

            /// Its name on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Fault::$variant => $name,)+ }
            }

            /// Id of the audit check that should notice it.
            pub fn row(self) -> &'static str {
                match self { $(Fault::$variant => $row,)+ }
            }

            /// What is wrong with it switched on.
            pub fn about(self) -> &'static str {
                match self { $(Fault::$variant => $about,)+ }
            }
        }
    };
}

faults! {
    NoHsts "no-hsts" "HDR-HSTS" "No Strict-Transport-Security.";
    ShortHsts "short-hsts" "HDR-HSTS" "Strict-Transport-Security for five minutes only.";
    HstsNoSubdomains "hsts-no-subdomains" "HDR-HSTS-SUB" "Strict-Transport-Security without includeSubDomains.";
    HstsPreload "hsts-preload" "HDR-HSTS-PRELOAD" "`preload` without what the preload list asks for.";
    HstsOnHttp "hsts-on-http" "HDR-HSTS-HTTP" "Strict-Transport-Security over plain http (dev profile).";
    NoNosniff "no-nosniff" "HDR-XCTO" "No X-Content-Type-Options.";
    NoFrameOptions "no-frame-options" "HDR-FRAME" "Neither X-Frame-Options nor frame-ancestors.";
    UnsafeReferrer "unsafe-referrer" "HDR-REFERRER" "Referrer-Policy: unsafe-url.";
    NoPermissionsPolicy "no-permissions-policy" "HDR-PERMISSIONS" "No Permissions-Policy.";
    PermissionsSyntax "permissions-syntax" "HDR-PERMISSIONS" "Permissions-Policy in the old Feature-Policy syntax.";
    BadCoop "bad-coop" "HDR-COOP" "Cross-Origin-Opener-Policy with an unknown token.";
    BadCoep "bad-coep" "HDR-COEP" "Cross-Origin-Embedder-Policy with an unknown token.";
    NoCorp "no-corp" "HDR-CORP" "No Cross-Origin-Resource-Policy.";
    CrossDomainPolicies "cross-domain-policies" "HDR-XPCDP" "X-Permitted-Cross-Domain-Policies: all.";
    XssProtectionOn "xss-protection-on" "HDR-XXSSP" "X-XSS-Protection switched on.";
    ObsoleteHeader "obsolete-header" "HDR-OBSOLETE" "Headers that browsers have dropped.";
    DuplicateHeaders "duplicate-headers" "HDR-DUP" "Security headers twice, with different values.";
    WrongContentType "wrong-content-type" "HDR-CTYPE" "JSON sent as text/html.";
    ServerVersion "server-version" "HDR-SERVER-VERSION" "A version in the Server header.";
    TechHeader "tech-header" "HDR-TECH" "X-Powered-By names the framework.";
    InternalAddress "internal-address" "HDR-INTERNAL" "A private address in a header.";
    NoClearSiteData "no-clear-site-data" "HDR-CLEAR-SITE" "Logout without Clear-Site-Data.";
    HeadersMissingOnErrors "headers-missing-on-errors" "HDR-ON-ERROR" "No security headers on 4xx and 5xx.";
    HeadersMissingOnRedirect "headers-missing-on-redirect" "HDR-ON-REDIRECT" "No security headers on 3xx.";
    HeadersMissingOnStatic "headers-missing-on-static" "HDR-COVERAGE" "No security headers on static files.";
    NoCsp "no-csp" "CSP-PRESENT" "No Content-Security-Policy.";
    CspSyntax "csp-syntax" "CSP-SYNTAX" "An unquoted keyword and a forgotten semicolon.";
    CspUnsafeInline "csp-unsafe-inline" "CSP-UNSAFE-INLINE" "'unsafe-inline' instead of a nonce.";
    CspUnsafeEval "csp-unsafe-eval" "CSP-UNSAFE-EVAL" "'unsafe-eval' for scripts.";
    CspWildcard "csp-wildcard" "CSP-WILDCARD" "Scripts from everywhere.";
    CspBypassHost "csp-bypass-host" "CSP-BYPASS-HOST" "An allow-listed host that serves old frameworks.";
    CspNoObjectBase "csp-no-object-base" "CSP-OBJECT-BASE" "No base-uri, and plug-ins from this origin.";
    CspElem "csp-elem" "CSP-ELEM-ATTR" "script-src-elem re-opens what script-src closed.";
    CspStaticNonce "csp-static-nonce" "CSP-NONCE-STATIC" "The same nonce every time.";
    CspShortNonce "csp-short-nonce" "CSP-NONCE-WEAK" "A nonce of four characters.";
    CspLoneStrictDynamic "csp-lone-strict-dynamic" "CSP-STRICT" "'strict-dynamic' without a nonce.";
    CspHttpSource "csp-http-source" "CSP-HTTP-SOURCE" "Scripts from an http: origin.";
    CspNoFormAction "csp-no-form-action" "CSP-FORM-ACTION" "No form-action.";
    SriMissing "sri-missing" "SRI-EXTERNAL" "A script of another origin without integrity.";
    CookieNotSecure "cookie-not-secure" "CK-SECURE" "Cookies without Secure.";
    CookieNotHttponly "cookie-not-httponly" "CK-HTTPONLY" "Cookies without HttpOnly.";
    CookieSamesiteNone "cookie-samesite-none" "CK-SAMESITE" "SameSite=None without Secure.";
    CookieBrokenPrefix "cookie-broken-prefix" "CK-PREFIX" "A __Host- cookie that breaks the prefix's rules.";
    CookieDomain "cookie-domain" "CK-SCOPE" "A Domain attribute on cookies.";
    CookieHuge "cookie-huge" "CK-SIZE" "A cookie of five thousand bytes.";
    CookieOnStatic "cookie-on-static" "CK-ON-STATIC" "A cookie set by static files.";
    CookieLongLived "cookie-long-lived" "CK-LIFETIME" "A session cookie for two years.";
    SessionFixation "session-fixation" "CK-FIXATION" "Login keeps the session id that the client sent.";
    SessionLowEntropy "session-low-entropy" "CK-ENTROPY" "Session ids of eight digits.";
    LogoutKeepsSession "logout-keeps-session" "SESSION-LOGOUT" "The session still works after logout.";
    CsrfOff "csrf-off" "CSRF-REQUIRED" "No CSRF token is asked for.";
    CsrfOriginOff "csrf-origin-off" "CSRF-ORIGIN" "Origin and Referer are not looked at.";
    LogoutByGet "logout-by-get" "CSRF-SAFE-METHOD" "A GET logs out.";
    OpenRoute "open-route" "AUTH-REQUIRED" "whoami answers without a credential.";
    NoChallenge "no-challenge" "AUTH-401-CHALLENGE" "401 without WWW-Authenticate.";
    InvalidTokenForbidden "invalid-token-forbidden" "AUTH-401-INVALID" "403 for an unknown token.";
    AdminOpen "admin-open" "AUTH-403-SCOPE" "The administrators' page opens to everybody who is logged in.";
    MalformedCrash "malformed-crash" "AUTH-MALFORMED" "500 for an Authorization header without a blank.";
    NotesOfOthers "notes-of-others" "AUTH-OTHER-USER" "Everybody reads everybody's notes by their number.";
    HeadUnprotected "head-unprotected" "AUTH-METHOD-BYPASS" "HEAD needs no credential.";
    PathBypass "path-bypass" "AUTH-PATH-BYPASS" "A path that begins with two slashes needs no credential.";
    TrustsForwardedUser "trusts-forwarded-user" "AUTH-PROXY-HDR" "X-Forwarded-User from anybody logs in.";
    MixedIdentity "mixed-identity" "AUTH-MIXED-CRED" "Beside a session the token counts every second time.";
    PublicAnswers "public-answers" "AUTH-CACHE" "whoami may be kept by shared caches.";
    NoVary "no-vary" "AUTH-VARY" "Answers may be kept, and Vary does not name the credential.";
    SharedCache "shared-cache" "AUTH-CACHE-REPLAY" "A cache gives one user's whoami to everybody.";
    TokenInUrl "token-in-url" "AUTH-TOKEN-URL" "A token in the query is as good as in the header.";
    LeakyRefusals "leaky-refusals" "AUTH-ERROR-LEAK" "A traceback as the body of 401.";
    JwtAlgNone "jwt-alg-none" "JWT-ALG-NONE" "Tokens without an algorithm are taken as they are.";
    JwtSigStripped "jwt-sig-stripped" "JWT-SIG-STRIP" "Tokens without a signature are taken as they are.";
    JwtUnverified "jwt-unverified" "JWT-SIG-VERIFY" "The signature is not looked at.";
    JwtKeyConfusion "jwt-key-confusion" "JWT-KEY-CONFUSION" "The certificate's public key is taken for an HMAC secret.";
    JwtAnyHmac "jwt-any-hmac" "JWT-ALG-ALLOW" "HS384 and HS512 are as good as HS256.";
    JwtWeakSecret "jwt-weak-secret" "JWT-WEAK-SECRET" "Tokens are signed with a secret from a tutorial.";
    JwtKidPath "jwt-kid-path" "JWT-KID-INJECT" "kid names the file of the key.";
    JwtEmbeddedKey "jwt-embedded-key" "JWT-JWK-EMBED" "The key in the token's header verifies it.";
    JwtFetchedKey "jwt-fetched-key" "JWT-JKU" "The key at the address in the token's header verifies it.";
    JwtEmbeddedCertificate "jwt-embedded-certificate" "JWT-X5C" "The certificate in the token's header verifies it.";
    JwtCritIgnored "jwt-crit-ignored" "JWT-CRIT" "Critical headers are not looked at.";
    JwtExpired "jwt-expired" "JWT-EXP" "exp is not looked at.";
    JwtEarly "jwt-early" "JWT-NBF" "nbf is not looked at.";
    JwtSlowClock "jwt-slow-clock" "JWT-IAT" "The clock that tokens are issued by is 100 seconds late.";
    JwtAnyAudience "jwt-any-audience" "JWT-AUD" "aud is not looked at.";
    JwtAnyIssuer "jwt-any-issuer" "JWT-ISS" "iss is not looked at.";
    JwtSharedKey "jwt-shared-key" "JWT-CROSS-ENV" "Every target with this fault signs with the same key.";
    JwtAnyType "jwt-any-type" "JWT-TYPE-MIX" "Refresh tokens are as good as access tokens, and the other way round.";
    JwtLongLived "jwt-long-lived" "JWT-LIFETIME" "Access tokens live for a week.";
    JwtPersonalData "jwt-personal-data" "JWT-PAYLOAD-DATA" "An e-mail address in each token.";
    JwtLogoutKeeps "jwt-logout-keeps" "JWT-LOGOUT" "Logout ends no token.";
    JwtRefreshReuse "jwt-refresh-reuse" "JWT-REFRESH-REUSE" "A refresh token works again and again, although new ones are given.";
    JwtDisabledUser "jwt-disabled-user" "JWT-DISABLED-USER" "Tokens of disabled users work.";
    JwtMalformedCrash "jwt-malformed-crash" "JWT-MALFORMED" "500 for a token whose header is no JSON.";
    JwtPrivateKeySet "jwt-private-key-set" "JWT-JWKS" "A key set with private parts.";
    TokenForever "token-forever" "DRF-TOKEN-FOREVER" "The same token at each login.";
    BrowsableApi "browsable-api" "DRF-BROWSABLE" "The browsable API for browsers.";
    SessionFirst "session-first" "DRF-SESSION-FIRST" "403 without a challenge instead of 401.";
    OptionsMeta "options-meta" "DRF-OPTIONS-META" "Metadata of fields for everybody.";
    SchemaOpen "schema-open" "DRF-SCHEMA-OPEN" "The schema for everybody.";
    LargePages "large-pages" "DRF-PAGE-SIZE" "Pages as large as the client likes.";
    GitFolder "git-folder" "FILE-VCS" "The head of a git repository.";
    EnvFile "env-file" "FILE-ENV" "An environment file.";
    ProjectFiles "project-files" "FILE-DJANGO" "manage.py.";
    BackupFile "backup-file" "FILE-BACKUP" "An archive under an obvious name.";
    FolderListing "folder-listing" "FILE-DIRLIST" "A listing of the static folder.";
    AliasTraversal "alias-traversal" "FILE-ALIAS-TRAVERSAL" "What stands beside the static folder, by /static../.";
    SourceMaps "source-maps" "FILE-SOURCEMAP" "Source maps of style sheets.";
    StatusPage "status-page" "FILE-STATUS" "The proxy's status page.";
    MediaPage "media-page" "FILE-MEDIA-HTML" "A user's page on the application's origin.";
    SecurityTxtExpired "security-txt-expired" "FILE-SECURITY-TXT" "A security.txt that has expired.";
    CorsReflect "cors-reflect" "CORS-REFLECT" "Every origin may read answers with credentials.";
    CorsNull "cors-null" "CORS-NULL" "The origin `null` may read answers with credentials.";
    CorsAffix "cors-affix" "CORS-AFFIX" "Every origin with this host's name in it may read answers.";
    CorsStar "cors-star" "CORS-STAR" "`*` together with credentials.";
    CorsNoVary "cors-no-vary" "CORS-VARY" "The origin is echoed and Vary does not name it.";
    LongPreflight "long-preflight" "CORS-PREFLIGHT" "A preflight that may be kept for a week.";
    StaticNoStore "static-no-store" "ST-CACHE" "no-store on hashed static files.";
    StaticPlainNames "static-plain-names" "ST-HASHED" "Static files without a hash, kept for a year.";
    NeverNotModified "never-not-modified" "ST-VALIDATOR" "Validators that never lead to 304.";
    BareNotModified "bare-not-modified" "ST-304-HEADERS" "304 without ETag.";
    NoCompression "no-compression" "ST-COMPRESS" "Static files come uncompressed.";
    NoVaryEncoding "no-vary-encoding" "ST-VARY-ENC" "Compressed files whose Vary does not say so.";
    CompressedSecret "compressed-secret" "ST-BREACH" "A compressed page with a fixed token that repeats its query.";
    StaticAsText "static-as-text" "ST-MIME" "Static files as text/plain.";
    StaticSoft404 "static-soft-404" "ST-404" "200 for static files that do not exist.";
    ManyRanges "many-ranges" "ST-RANGE" "A thousand ranges come back as a thousand parts.";
    ErrorTrace "error-trace" "ERR-STACK" "The database's error as the body of 500.";
    Soft404 "soft-404" "ERR-SOFT404" "200 for unknown paths.";
    ApiErrorPages "api-error-pages" "ERR-FORMAT" "Pages as errors of the API.";
    BigRedirect "big-redirect" "ERR-BIG-REDIRECT" "Redirects with a whole page in them.";
    ServerRunserver "server-runserver" "DJ-RUNSERVER" "The Server header of Django's runserver.";
    Debug404 "debug-404" "DJ-DEBUG-404" "The technical 404 page.";
    Debug500 "debug-500" "DJ-DEBUG-500" "The technical 500 page.";
    DebugHost "debug-host" "DJ-DEBUG-HOST" "The technical page for a foreign Host.";
    DebugCsrf "debug-csrf" "DJ-DEBUG-CSRF" "The CSRF page with its debug hint.";
    StaticDev "static-dev" "DJ-STATIC-DEV" "Static files as Django's own view sends them.";
    StaticInsecure "static-insecure" "DJ-STATIC-INSECURE" "Django's technical 404 for static files.";
    AppDirect "app-direct" "DJ-APP-DIRECT" "Server names gunicorn.";
    ForwardedHost "forwarded-host" "DJ-HOST" "Links with the X-Forwarded-Host of the client.";
    TrustsForwardedProto "trusts-forwarded-proto" "DJ-PROTO-SPOOF" "HSTS over http for a client that claims https (dev profile).";
    AdminThere "admin-there" "DJ-ADMIN" "Django's admin at its usual place.";
    TraceEcho "trace-echo" "HTTP-TRACE" "TRACE repeats the request's headers.";
    AnyMethod "any-method" "HTTP-METHODS" "PUT, PATCH and DELETE of the home page are answered with 200.";
    FirstHost "first-host" "HTTP-DUP-HOST" "The first of two Host lines counts.";
    BothLengths "both-lengths" "HTTP-CL-TE" "Content-Length beside Transfer-Encoding is taken for nothing.";
    DisguisedEncoding "disguised-encoding" "HTTP-TE-OBFUSCATED" "A Transfer-Encoding that is none is passed over.";
    LooseHeaders "loose-headers" "HTTP-BARE-LF" "A space before a header's colon is passed over.";
    EndlessHeader "endless-header" "HTTP-SLOW-HEADER" "A header may come as slowly as the client likes.";
    EndlessBody "endless-body" "HTTP-SLOW-BODY" "A body may come as slowly as the client likes.";
    LargeHeaders "large-headers" "HTTP-HEADER-LIMIT" "Header lines of 64 KiB are taken.";
    LargeBodies "large-bodies" "HTTP-BODY-LIMIT" "Bodies of 12 MiB are taken.";
    LongAddressCrash "long-address-crash" "HTTP-URI-LIMIT" "500 for a long address.";
    FieldsCrash "fields-crash" "HTTP-FIELDS-LIMIT" "500 for JSON that is nested too deep.";
    ClosesConnections "closes-connections" "HTTP-KEEPALIVE" "Every answer closes its connection.";
    ShortBody "short-body" "HTTP-CL-MISMATCH" "/healthz ends before its Content-Length.";
    PlainHttp "plain-http" "NET-REDIRECT" "Plain http is answered as https is.";
    PlainApiRedirect "plain-api-redirect" "NET-REDIRECT-API" "The API redirects plain http too.";
    OpenRedirect "open-redirect" "NET-OPEN-REDIRECT" "The login leads wherever `next` says.";
    OldTls "old-tls" "TLS-VERSION" "TLS 1.0 and its like are answered.";
    WeakSuites "weak-suites" "TLS-CIPHER" "Weak cipher suites are answered.";
    UntrustedCertificate "untrusted-certificate" "TLS-CERT" "The certificate is of an authority that nobody has.";
    EndingCertificate "ending-certificate" "TLS-EXPIRY" "A certificate that ends in three days.";
    OddKey "odd-key" "TLS-KEY" "A certificate with an Ed25519 key.";
    NoAlpn "no-alpn" "TLS-ALPN" "No protocol is chosen of those that a client offers.";
    TokenCacheable "token-cacheable" "LOGIN-CACHE" "Answers with tokens may be kept.";
    LoginByGet "login-by-get" "LOGIN-GET" "Name and password may stand in the query.";
    PasswordEcho "password-echo" "LOGIN-BODY-ECHO" "A refusal repeats the password.";
    EnumBody "enum-body" "LOGIN-ENUM-BODY" "A refusal tells names that nobody has.";
    EnumTime "enum-time" "LOGIN-ENUM-TIME" "Only the passwords of users are hashed.";
    LongPasswordCrash "long-password-crash" "LOGIN-LONG-PASSWORD" "500 for a long password.";
    DefaultLogin "default-login" "LOGIN-DEFAULT-CRED" "admin logs in with admin.";
    LoginUnlimited "login-unlimited" "LOGIN-RATE" "Wrong passwords are not counted.";
    AuthtokenUnthrottled "authtoken-unthrottled" "DRF-AUTHTOKEN-UNTHROTTLED" "DRF's token endpoint counts no wrong passwords.";
    LimitByForwardedFor "limit-by-forwarded-for" "LOGIN-RATE-XFF" "The limit counts by X-Forwarded-For.";
    LimitRaces "limit-races" "LOGIN-RATE-CONCURRENT" "Tries at once slip through the limit.";
    LimitByName "limit-by-name" "LOGIN-RATE-KEY" "The limit counts by name only.";
    NoRetryAfter "no-retry-after" "LOGIN-RETRY-AFTER" "429 without Retry-After.";
    MixesUsers "mixes-users" "LOAD-CROSS-USER" "Under load one whoami in three or so is another user's.";
    CachedSession "cached-session" "LOAD-SETCOOKIE-SHARED" "The home page gives everybody the same session.";
    BareWhenBusy "bare-when-busy" "LOAD-HEADER-DROP" "Under load no X-Content-Type-Options.";
    OpensWhenBusy "opens-when-busy" "LOAD-FAIL-OPEN" "Under load whoami answers without a genuine credential.";
    SameJti "same-jti" "LOAD-JTI-UNIQUE" "Every token has the same jti.";
    TwoVersions "two-versions" "LOAD-WORKER-DRIFT" "Under load every other answer names another server.";
    LogoutFailsWhenBusy "logout-fails-when-busy" "LOAD-REVOKED" "Under load a logout ends nothing.";
    TokensKeptWhenBusy "tokens-kept-when-busy" "LOAD-EXPIRED" "Under load a token that was good once is good for ever.";
    CacheForgetsHost "cache-forgets-host" "LOAD-CACHE-KEY" "A cache keeps what X-Forwarded-Host made of the home page, by its address only.";
    LimitPerWorker "limit-per-worker" "LOAD-RATE-FIRES" "Each of three workers counts wrong passwords for itself.";
    FewPlaces "few-places" "LOAD-RATE-COLLATERAL" "Whoami has two places, and turns others away.";
    RefreshRaces "refresh-races" "LOAD-REFRESH-RACE" "A refresh token is spent some time after it was looked at.";
    LoginsBlock "logins-block" "LOAD-LOGIN-STARVE" "Everybody waits while a password is hashed, and wrong ones are not counted.";
    NoResumption "no-resumption" "LOAD-TLS-RESUME" "No TLS session is kept.";
    StaysDown "stays-down" "LOAD-RECOVER" "/healthz is down from the load on.";
    OtherFiles "other-files" "DIFF-STATIC" "A line more in each static file.";
    SharedSessions "shared-sessions" "DIFF-SECRET" "Every target with this fault opens to the others' sessions.";
    HangsUp "hangs-up" "META-COVERAGE" "The answer of /redirect/ breaks off.";
    TokensWearOut "tokens-wear-out" "META-AUTH-ALIVE" "A token opens whoami once, and never again.";
    PostsRefused "posts-refused" "META-CONTROL" "Nobody may log out.";
    OpensOnce "opens-once" "META-FLAKY" "whoami answers the first who comes without a credential.";
    Toolbar "toolbar" "DJ-TOOLBAR" "django-debug-toolbar.";
}

/// A name that is no fault's.
#[derive(Debug, thiserror::Error)]
#[error("no fault is called `{name}`{hint}; `shakedown target --list-faults` lists them")]
pub struct UnknownFault {
    name: String,
    hint: String,
}

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if let Some(fault) = Fault::ALL.iter().find(|f| f.name() == name) {
            return Ok(*fault);
        }
        let nearest = Fault::ALL
            .iter()
            .map(|f| (strsim::jaro_winkler(f.name(), name), f.name()))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(likeness, _)| *likeness > 0.8);
        let hint = nearest.map(|(_, n)| format!(" (did you mean `{n}`?)")).unwrap_or_default();
        Err(UnknownFault { name: name.to_owned(), hint })
    }
}

/// The faults that are switched on.
#[derive(Debug, Clone, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Whether none is on.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this one is on.
    pub fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }
}

impl FromIterator<Fault> for Faults {
    fn from_iter<I: IntoIterator<Item = Fault>>(faults: I) -> Self {
        Faults(faults.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kebab_case_and_found_again() {
        for fault in Fault::ALL {
            let name = fault.name();
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{name}"
            );
            assert_eq!(name.parse::<Fault>().unwrap(), *fault);
        }
    }

    #[test]
    fn a_near_miss_gets_a_hint() {
        let message = "no-hst".parse::<Fault>().unwrap_err().to_string();
        assert!(message.contains("did you mean `no-hsts`?"), "{message}");
        assert!(!"zzz".parse::<Fault>().unwrap_err().to_string().contains("did you mean"));
    }

    #[test]
    fn only_the_chosen_ones_are_on() {
        let faults = Faults::from_iter([Fault::NoCsp]);
        assert!(faults.has(Fault::NoCsp) && !faults.has(Fault::NoHsts));
    }
}
