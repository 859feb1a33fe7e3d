//! Anything after the head of a chunked answer. The first two bytes say where the bytes are split.
#![no_main]

mod wire;

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let [high, low, bytes @ ..] = input {
        let place = usize::from(u16::from_be_bytes([*high, *low]));
        wire::reads_the_same(&[HEAD, bytes].concat(), place, false);
    }
});
