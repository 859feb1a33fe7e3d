//! Free loopback ports.

use std::net::{Ipv4Addr, TcpListener};

/// Lowest port handed out.
const LOWEST: u16 = 15_000;
/// Where clients' own ports begin when the system does not say.
const EPHEMERAL: u16 = 32_768;
/// Random ports tried before the system is asked for any.
const TRIES: usize = 64;

/// A free port, held by its listener until that is dropped.
///
/// Ports below the range that clients get are preferred: while a stack starts, a readiness probe whose own
/// port happens to be the one it asks for would connect to itself and take the stack's port away.
///
/// # Errors
/// When no port can be bound.
pub(super) fn free() -> std::io::Result<(TcpListener, u16)> {
    let highest = first_ephemeral().clamp(LOWEST + 1_000, EPHEMERAL);
    let listener = (0..TRIES)
        .map(|_| rand::random_range(LOWEST..highest))
        .find_map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok());
    let listener = match listener {
        Some(listener) => listener,
        None => TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?,
    };
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

fn first_ephemeral() -> u16 {
    std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range")
        .ok()
        .and_then(|range| range.split_whitespace().next()?.parse().ok())
        .unwrap_or(EPHEMERAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_port_is_not_given_twice() {
        let held: Vec<_> = (0..50).map(|_| free().unwrap()).collect();
        let ports: std::collections::BTreeSet<u16> = held.iter().map(|(_, port)| *port).collect();
        assert_eq!(ports.len(), 50);
        assert!(ports.iter().all(|port| *port >= 1024));
    }
}
