//! Answers a server can send, well-formed or not. A head's line ends are written out where they matter; elsewhere
//! [`ok`] and [`chunked`] put the usual lines around what the form is about.

/// One answer and what was asked.
pub struct Form {
    pub name: String,
    pub method: &'static str,
    pub bytes: Vec<u8>,
}

/// Every form.
pub fn all() -> Vec<Form> {
    let mut forms = Vec::new();
    let mut add = |family: &str, method, list: &[(&str, &str)], dress: &dyn Fn(&str) -> Vec<u8>| {
        forms.extend(list.iter().map(|(name, text)| Form {
            name: format!("{family}: {name}"),
            method,
            bytes: dress(text),
        }));
    };
    add("status line", "GET", STATUS_LINES, &|line| {
        format!("{line}Content-Length: 2\r\n\r\nhi").into_bytes()
    });
    add("field", "GET", FIELDS, &|lines| {
        format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 2\r\n\r\nhi").into()
    });
    add("length", "GET", LENGTHS, &raw);
    add("coding", "GET", CODINGS, &raw);
    add("chunked", "GET", CHUNKS, &chunked);
    add("trailers", "GET", TRAILERS, &|lines| chunked(&format!("2\r\nhi\r\n0\r\n{lines}")));
    add("interim", "GET", INTERIM, &raw);
    add("bodiless", "GET", BODILESS, &raw);
    add("HEAD", "HEAD", HEAD, &raw);
    add("connection", "GET", CONNECTIONS, &raw);
    add("cut", "GET", CUT, &raw);
    add("foreign", "GET", FOREIGN, &raw);
    forms.extend(bytes());
    forms.extend(sizes());
    forms
}

fn raw(text: &str) -> Vec<u8> {
    text.into()
}

fn chunked(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body}").into_bytes()
}

/// Every byte that may surprise, in a name, in a value and in a reason.
fn bytes() -> Vec<Form> {
    let mut forms = Vec::new();
    for byte in [0_u8, 1, 9, 11, 12, 27, 32, 34, 40, 47, 58, 59, 64, 91, 123, 127, 128, 255] {
        for (place, before, after) in [
            ("name", "HTTP/1.1 200 OK\r\nX", "Y: 1\r\nContent-Length: 2\r\n\r\nhi"),
            ("value", "HTTP/1.1 200 OK\r\nX: a", "b\r\nContent-Length: 2\r\n\r\nhi"),
            ("reason", "HTTP/1.1 200 O", "K\r\nContent-Length: 2\r\n\r\nhi"),
        ] {
            let bytes = [before.as_bytes(), &[byte], after.as_bytes()].concat();
            forms.push(Form { name: format!("byte {byte:#04x} in a {place}"), method: "GET", bytes });
        }
    }
    forms
}

/// Sizes around the limits of either reader.
fn sizes() -> Vec<Form> {
    let mut forms = Vec::new();
    let mut add = |name: String, bytes: Vec<u8>| forms.push(Form { name, method: "GET", bytes });
    let end = "Content-Length: 2\r\n\r\nhi";
    for lines in [99, 100, 200, 255, 256] {
        let many = "X: 1\r\n".repeat(lines);
        add(format!("size: {lines} lines and one"), format!("HTTP/1.1 200 OK\r\n{many}{end}").into());
    }
    for length in [8_000, 60_000, 70_000, 500_000] {
        let long = "v".repeat(length);
        add(format!("size: a value of {length}"), format!("HTTP/1.1 200 OK\r\nX: {long}\r\n{end}").into());
        add(format!("size: a name of {length}"), format!("HTTP/1.1 200 OK\r\n{long}: 1\r\n{end}").into());
        add(format!("size: a reason of {length}"), format!("HTTP/1.1 200 {long}\r\n{end}").into());
        add(format!("size: a chunk of {length}"), chunked(&format!("{length:x}\r\n{long}\r\n0\r\n\r\n")));
        add(format!("size: an extension of {length}"), chunked(&format!("2;{long}\r\nhi\r\n0\r\n\r\n")));
        add(format!("size: a trailer of {length}"), chunked(&format!("0\r\nX: {long}\r\n\r\n")));
    }
    for count in [1, 31, 32, 33] {
        let interim = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n".repeat(count);
        add(format!("size: {count} interim answers"), format!("{interim}HTTP/1.1 200 OK\r\n{end}").into());
    }
    add("size: 300 chunks".into(), chunked(&format!("{}0\r\n\r\n", "1\r\nx\r\n".repeat(300))));
    add("size: 300 trailers".into(), chunked(&format!("0\r\n{}\r\n", "X: 1\r\n".repeat(300))));
    forms
}

const STATUS_LINES: &[(&str, &str)] = &[
    ("usual", "HTTP/1.1 200 OK\r\n"),
    ("empty reason", "HTTP/1.1 200 \r\n"),
    ("no reason", "HTTP/1.1 200\r\n"),
    ("reason of words", "HTTP/1.1 200 All is well\r\n"),
    ("reason in UTF-8", "HTTP/1.1 200 Sch\u{f6}n\r\n"),
    ("reason begins with a tab", "HTTP/1.1 200 \tOK\r\n"),
    ("two spaces", "HTTP/1.1  200 OK\r\n"),
    ("a tab instead of a space", "HTTP/1.1\t200 OK\r\n"),
    ("leading space", " HTTP/1.1 200 OK\r\n"),
    ("lone LF", "HTTP/1.1 200 OK\n"),
    ("lone CR", "HTTP/1.1 200 OK\r"),
    ("empty line before", "\r\nHTTP/1.1 200 OK\r\n"),
    ("two empty lines before", "\r\n\r\nHTTP/1.1 200 OK\r\n"),
    ("empty line of LF before", "\nHTTP/1.1 200 OK\r\n"),
    ("HTTP/1.0", "HTTP/1.0 200 OK\r\n"),
    ("HTTP/1.2", "HTTP/1.2 200 OK\r\n"),
    ("HTTP/0.9", "HTTP/0.9 200 OK\r\n"),
    ("HTTP/2.0", "HTTP/2.0 200 OK\r\n"),
    ("HTTP/1.10", "HTTP/1.10 200 OK\r\n"),
    ("HTTP/1", "HTTP/1 200 OK\r\n"),
    ("small letters", "http/1.1 200 OK\r\n"),
    ("no version", "200 OK\r\n"),
    ("two digits", "HTTP/1.1 20 OK\r\n"),
    ("four digits", "HTTP/1.1 2000 OK\r\n"),
    ("letters", "HTTP/1.1 2xx OK\r\n"),
    ("signed", "HTTP/1.1 +20 OK\r\n"),
    ("status 000", "HTTP/1.1 000 None\r\n"),
    ("status 099", "HTTP/1.1 099 Low\r\n"),
    ("status 299", "HTTP/1.1 299 Odd\r\n"),
    ("status 404", "HTTP/1.1 404 Not Found\r\n"),
    ("status 503", "HTTP/1.1 503 Busy\r\n"),
    ("status 600", "HTTP/1.1 600 Beyond\r\n"),
    ("status 999", "HTTP/1.1 999 Beyond\r\n"),
];

const FIELDS: &[(&str, &str)] = &[
    ("repeated", "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n"),
    ("repeated, other spelling", "set-cookie: a=1\r\nSET-COOKIE: b=2\r\n"),
    ("apart and repeated", "A: 1\r\nB: 2\r\nA: 3\r\n"),
    ("empty value", "X:\r\n"),
    ("value of spaces", "X:   \r\n"),
    ("spaces around", "X: \t a \t \r\n"),
    ("no space", "X:a\r\n"),
    ("colons in the value", "X: a:b:c\r\n"),
    ("space before the colon", "X : a\r\n"),
    ("tab before the colon", "X\t: a\r\n"),
    ("no colon", "X a\r\n"),
    ("no name", ": a\r\n"),
    ("folded by a space", "X: a\r\n b\r\n"),
    ("folded by a tab", "X: a\r\n\tb\r\n"),
    ("folded twice", "X: a\r\n b\r\n  c\r\n"),
    ("folded, empty first", "X:\r\n b\r\n"),
    ("folded, blank second", "X: a\r\n \r\n"),
    ("folded by lone LF", "X: a\n b\r\n"),
    ("folded before any field", " X: a\r\n"),
    ("folded length", "Y: 1\r\nContent-Length:\r\n 2\r\n"),
    ("lone LF", "X: a\n"),
    ("lone CR in the value", "X: a\rb\r\n"),
    ("CR CR LF", "X: a\r\r\n"),
    ("quoted", "X: \"a, b\"; c=d\r\n"),
    ("UTF-8", "X: \u{fc}\r\n"),
    ("token characters", "!#$%&'*+-.^_`|~09azAZ: 1\r\n"),
    ("digits as a name", "42: 1\r\n"),
    ("dates", "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
    ("upgrade without switching", "Upgrade: h2c\r\n"),
    ("trailer announced, none comes", "Trailer: Sum\r\n"),
];

const LENGTHS: &[(&str, &str)] = &[
    ("0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ("twice the same", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi"),
    ("twice, different", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!"),
    ("list of the same", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi"),
    ("list of different", "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nhi!"),
    ("list with an empty member", "HTTP/1.1 200 OK\r\nContent-Length: 2,\r\n\r\nhi"),
    ("empty", "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\nhi"),
    ("plus", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi"),
    ("minus", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nhi"),
    ("hex", "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nhi"),
    ("fraction", "HTTP/1.1 200 OK\r\nContent-Length: 2.0\r\n\r\nhi"),
    ("zeros before", "HTTP/1.1 200 OK\r\nContent-Length: 0002\r\n\r\nhi"),
    ("words", "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nhi"),
    ("two numbers", "HTTP/1.1 200 OK\r\nContent-Length: 2 2\r\n\r\nhi"),
    ("in quotes", "HTTP/1.1 200 OK\r\nContent-Length: \"2\"\r\n\r\nhi"),
    ("more than 64 bits", "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\nhi"),
    ("64 bits, all set", "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\nhi"),
    ("tab around", "HTTP/1.1 200 OK\r\nContent-Length:\t2\t\r\n\r\nhi"),
    ("other spelling", "HTTP/1.1 200 OK\r\ncontent-LENGTH: 2\r\n\r\nhi"),
    ("body too short", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi"),
    ("body too long", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more"),
    (
        "another answer after it",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ),
    ("line break after it", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi\r\n"),
    (
        "and chunked",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    ),
    (
        "chunked and length",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    ),
    (
        "bad, and chunked",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    ),
    (
        "twice different, and chunked",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    ),
    ("in HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
];

const CODINGS: &[(&str, &str)] = &[
    ("capitals", "HTTP/1.1 200 OK\r\nTransfer-Encoding: CHUNKED\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    ("gzip alone", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi"),
    ("gzip, chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    (
        "gzip and chunked on two lines",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    ),
    ("chunked, gzip", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    (
        "chunked and gzip on two lines",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    ),
    ("chunked twice", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    (
        "chunked on two lines",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    ),
    ("identity", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nhi"),
    ("identity and length", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\nhi"),
    ("empty", "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n\r\nhi"),
    ("empty and length", "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\nContent-Length: 2\r\n\r\nhi"),
    ("empty members", "HTTP/1.1 200 OK\r\nTransfer-Encoding: , chunked,\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    ("xchunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    ("quoted", "HTTP/1.1 200 OK\r\nTransfer-Encoding: \"chunked\"\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    ("with a parameter", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked;q=1\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    ("tab around", "HTTP/1.1 200 OK\r\nTransfer-Encoding:\tchunked\t\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    ("vertical tab before", "HTTP/1.1 200 OK\r\nTransfer-Encoding: \u{b}chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    ("folded", "HTTP/1.1 200 OK\r\nTransfer-Encoding:\r\n chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    ("underscore", "HTTP/1.1 200 OK\r\nTransfer_Encoding: chunked\r\nContent-Length: 2\r\n\r\nhi"),
    ("in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
    (
        "in HTTP/1.0, kept",
        "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    ),
    (
        "in HTTP/1.0 with a length",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\nhi",
    ),
];

const CHUNKS: &[(&str, &str)] = &[
    ("one", "2\r\nhi\r\n0\r\n\r\n"),
    ("two", "1\r\nh\r\n1\r\ni\r\n0\r\n\r\n"),
    ("none", "0\r\n\r\n"),
    ("many zeros at the end", "0000\r\n\r\n"),
    ("zeros before", "0002\r\nhi\r\n0\r\n\r\n"),
    ("seventeen digits", "00000000000000002\r\nhi\r\n0\r\n\r\n"),
    ("hex small", "a\r\n0123456789\r\n0\r\n\r\n"),
    ("hex capital", "A\r\n0123456789\r\n0\r\n\r\n"),
    ("0x", "0x2\r\nhi\r\n0\r\n\r\n"),
    ("plus", "+2\r\nhi\r\n0\r\n\r\n"),
    ("minus", "-2\r\nhi\r\n0\r\n\r\n"),
    ("underscore", "1_0\r\nhi\r\n0\r\n\r\n"),
    ("no size", "\r\nhi\r\n0\r\n\r\n"),
    ("letters", "xy\r\nhi\r\n0\r\n\r\n"),
    ("64 bits, all set", "ffffffffffffffff\r\nhi\r\n"),
    ("more than 64 bits", "10000000000000000\r\nhi\r\n"),
    ("space before", " 2\r\nhi\r\n0\r\n\r\n"),
    ("space after", "2 \r\nhi\r\n0\r\n\r\n"),
    ("tab after", "2\t\r\nhi\r\n0\r\n\r\n"),
    ("digits after a space", "2 2\r\nhi\r\n0\r\n\r\n"),
    ("extension", "2;x\r\nhi\r\n0\r\n\r\n"),
    ("extension with a value", "2;x=y\r\nhi\r\n0\r\n\r\n"),
    ("extension with a quoted value", "2;x=\"y;z\"\r\nhi\r\n0\r\n\r\n"),
    ("spaces around an extension", "2 ; x = y\r\nhi\r\n0\r\n\r\n"),
    ("empty extension", "2;\r\nhi\r\n0\r\n\r\n"),
    ("extension on the last", "2\r\nhi\r\n0;x=y\r\n\r\n"),
    ("extension without a size", ";x\r\nhi\r\n0\r\n\r\n"),
    ("lone LF in an extension", "2;x\ny\r\nhi\r\n0\r\n\r\n"),
    ("lone CR in an extension", "2;x\ry\r\nhi\r\n0\r\n\r\n"),
    ("quoted line break in an extension", "2;x=\"\r\n\"\r\nhi\r\n0\r\n\r\n"),
    ("control character in an extension", "2;x\u{1}\r\nhi\r\n0\r\n\r\n"),
    ("lone LF after the size", "2\nhi\r\n0\r\n\r\n"),
    ("lone CR after the size", "2\rhi\r\n0\r\n\r\n"),
    ("lone LF after the data", "2\r\nhi\n0\r\n\r\n"),
    ("lone CR after the data", "2\r\nhi\r0\r\n\r\n"),
    ("nothing after the data", "2\r\nhi0\r\n\r\n"),
    ("data too long", "2\r\nhix\r\n0\r\n\r\n"),
    ("data too short", "3\r\nhi\r\n0\r\n\r\n"),
    ("lone LF after the last size", "2\r\nhi\r\n0\n\r\n"),
    ("lone LF at the end", "2\r\nhi\r\n0\r\n\n"),
    ("no end line", "2\r\nhi\r\n0\r\n"),
    ("no last chunk", "2\r\nhi\r\n"),
    ("ends in the data", "5\r\nhi"),
    ("ends in the size", "2"),
    ("nothing", ""),
    ("more after the end", "2\r\nhi\r\n0\r\n\r\nmore"),
    ("NUL in the data", "2\r\n\0i\r\n0\r\n\r\n"),
    ("line breaks in the data", "4\r\n\r\n\r\n\r\n0\r\n\r\n"),
];

const TRAILERS: &[(&str, &str)] = &[
    ("one", "Sum: 1\r\n\r\n"),
    ("two", "A: 1\r\nB: 2\r\n\r\n"),
    ("repeated", "A: 1\r\nA: 2\r\n\r\n"),
    ("no colon", "bad trailer\r\n\r\n"),
    ("space before the colon", "A : 1\r\n\r\n"),
    ("folded", "A: 1\r\n 2\r\n\r\n"),
    ("lone LF", "A: 1\n\r\n"),
    ("empty value", "A:\r\n\r\n"),
    ("a length", "Content-Length: 9\r\n\r\n"),
    ("a coding", "Transfer-Encoding: gzip\r\n\r\n"),
    ("NUL", "A: \0\r\n\r\n"),
    ("cut", "A: 1\r\n"),
    ("cut in a line", "A: "),
    ("a lone CR", "\r"),
    ("more after", "A: 1\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
];

const INTERIM: &[(&str, &str)] = &[
    ("100", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
    (
        "102 and 103",
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    ),
    ("199", "HTTP/1.1 199 Odd\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
    (
        "with a length",
        "HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "with a coding",
        "HTTP/1.1 103 Early Hints\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "with close",
        "HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    ),
    ("of HTTP/1.0", "HTTP/1.0 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
    ("alone", "HTTP/1.1 100 Continue\r\n\r\n"),
    ("empty line between", "HTTP/1.1 100 Continue\r\n\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
    ("101 unasked", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    (
        "101 then an answer",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    ),
    ("after the answer", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 100 Continue\r\n\r\n"),
];

const BODILESS: &[(&str, &str)] = &[
    ("204", "HTTP/1.1 204 No Content\r\n\r\n"),
    ("204 with length 0", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"),
    ("204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n"),
    ("204 with a body", "HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nhi"),
    ("204 chunked", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ("304", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n\r\n"),
    ("304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n"),
    ("304 with a body", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nhi"),
    ("304 chunked", "HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ("304 of HTTP/1.0", "HTTP/1.0 304 Not Modified\r\n\r\n"),
    ("205 with length 0", "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n"),
    ("205 with a body", "HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nhi"),
    ("204 and close", "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
];

const HEAD: &[(&str, &str)] = &[
    ("with a length", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
    ("chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ("neither", "HTTP/1.1 200 OK\r\n\r\n"),
    ("with a body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
    ("404", "HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n"),
    ("of HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 9\r\n\r\n"),
    ("of HTTP/1.0, kept", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n"),
    ("a bad length", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"),
    (
        "after an interim answer",
        "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
    ),
];

const CONNECTIONS: &[(&str, &str)] = &[
    ("until it closes", "HTTP/1.1 200 OK\r\n\r\nhi"),
    ("until it closes, kept", "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\nhi"),
    ("until it closes, empty", "HTTP/1.1 200 OK\r\n\r\n"),
    ("HTTP/1.0 until it closes", "HTTP/1.0 200 OK\r\n\r\nhi"),
    ("close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"),
    ("Close", "HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 2\r\n\r\nhi"),
    ("close in a list", "HTTP/1.1 200 OK\r\nConnection: x, close\r\nContent-Length: 2\r\n\r\nhi"),
    (
        "close on a second line",
        "HTTP/1.1 200 OK\r\nConnection: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "close and keep-alive",
        "HTTP/1.1 200 OK\r\nConnection: close, keep-alive\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "keep-alive then close",
        "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
    ),
    ("close in quotes", "HTTP/1.1 200 OK\r\nConnection: \"close\"\r\nContent-Length: 2\r\n\r\nhi"),
    ("closed", "HTTP/1.1 200 OK\r\nConnection: closed\r\nContent-Length: 2\r\n\r\nhi"),
    ("HTTP/1.0 kept", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi"),
    (
        "HTTP/1.0 kept in a list",
        "HTTP/1.0 200 OK\r\nConnection: x, Keep-Alive\r\nContent-Length: 2\r\n\r\nhi",
    ),
    (
        "HTTP/1.0 with the parameters only",
        "HTTP/1.0 200 OK\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nhi",
    ),
    ("Proxy-Connection", "HTTP/1.1 200 OK\r\nProxy-Connection: close\r\nContent-Length: 2\r\n\r\nhi"),
    (
        "upgrade named",
        "HTTP/1.1 200 OK\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi",
    ),
    ("early refusal", "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
];

const CUT: &[(&str, &str)] = &[
    ("nothing", ""),
    ("one byte", "H"),
    ("in the version", "HTTP/1."),
    ("in the status", "HTTP/1.1 20"),
    ("after the status line", "HTTP/1.1 200 OK\r\n"),
    ("in a name", "HTTP/1.1 200 OK\r\nConte"),
    ("in a value", "HTTP/1.1 200 OK\r\nX: a"),
    ("after a field", "HTTP/1.1 200 OK\r\nX: a\r\n"),
    ("before the last LF", "HTTP/1.1 200 OK\r\nX: a\r\n\r"),
    ("before the body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"),
    ("only empty lines", "\r\n\r\n\r\n"),
];

const FOREIGN: &[(&str, &str)] = &[
    ("HTTP/0.9", "<html>hi</html>"),
    ("SSH", "SSH-2.0-OpenSSH_9.6\r\n"),
    ("SMTP", "220 mail.example ESMTP\r\n"),
    ("TLS alert", "\x15\x03\x01\x00\x02\x02\x46"),
    ("TLS hello", "\x16\x03\x01\x00\x2a"),
    ("HTTP/2 settings", "\0\0\0\x04\0\0\0\0\0"),
    ("ICY", "ICY 200 OK\r\n\r\n"),
    ("RTSP", "RTSP/1.0 200 OK\r\n\r\n"),
    ("a request", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
];
