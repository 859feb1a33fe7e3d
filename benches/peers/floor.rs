//! The floor: one thread that writes a request, waits, reads until the answer's length is there, and writes the next.
//! Nothing is parsed, timed or recorded. What it costs is what the kernel takes, with a sleep until a socket is ready
//! whenever nothing is there: a generator that naps by the clock instead can be cheaper.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};

use crate::Failure;
use crate::case::UNDER_WAY;

/// Runs it for so many seconds and prints how many answers came.
pub fn run(address: &str, path: &str, seconds: &str, length: &str) -> Result<(), Failure> {
    let (length, end): (usize, Duration) = (length.parse()?, Duration::from_secs(seconds.parse()?));
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: floor\r\nAccept: */*\r\n\r\n");
    let poll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    let mut connections = Vec::new();
    for number in 0..UNDER_WAY {
        let mut connection = TcpStream::connect(address)?;
        connection.set_nodelay(true)?;
        let data = epoll::EventData::new_u64(number as u64);
        epoll::add(&poll, &connection, data, epoll::EventFlags::IN)?;
        connection.write_all(request.as_bytes())?;
        connections.push((connection, 0_usize));
    }
    let mut buffer = vec![0; 64 * 1024];
    let mut events = Vec::with_capacity(UNDER_WAY);
    let (begun, mut answers) = (Instant::now(), 0_u64);
    let patience = Timespec { tv_sec: 1, tv_nsec: 0 };
    while begun.elapsed() < end {
        events.clear();
        epoll::wait(&poll, rustix::buffer::spare_capacity(&mut events), Some(&patience))?;
        for event in &events {
            let (connection, taken) = &mut connections[event.data.u64() as usize];
            *taken += connection.read(&mut buffer)?;
            if *taken >= length {
                *taken = 0;
                answers += 1;
                connection.write_all(request.as_bytes())?;
            }
        }
    }
    println!("{answers}");
    Ok(())
}
