//! Anything a server can send. The first byte says the method, the next two where the bytes are split.
#![no_main]

mod wire;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let [method, high, low, bytes @ ..] = input {
        let place = usize::from(u16::from_be_bytes([*high, *low]));
        wire::reads_the_same(bytes, place, method % 2 == 1);
    }
});
