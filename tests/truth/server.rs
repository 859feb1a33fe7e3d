//! The server: one thread that does nothing beside keeping its word, and notes how well it kept it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags};

use super::shape::Shape;

/// So long before an answer is due the thread stays awake for it, and for the requests that come meanwhile: a timer may
/// fire late, and waking up takes time.
const AWAKE: Duration = Duration::from_micros(150);

const LISTENER: u64 = u64::MAX;
const TIMER: u64 = u64::MAX - 1;

/// What the server did, in nanoseconds.
pub struct Notes {
    /// From the request read to the answer written.
    pub service: Histogram<u64>,
    /// From the moment an answer was due to the answer written: the server's own fault, or the machine's.
    pub late: Histogram<u64>,
    /// When each request was read, from the first on.
    pub reads: Vec<Duration>,
}

/// A running server. Its clock begins with the first request.
pub struct Server {
    pub address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Notes>>,
}

impl Server {
    /// One that answers every request with a few bytes.
    pub fn start(shape: Shape) -> Server {
        Server::answering(shape, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
    }

    /// One that answers every request with these bytes.
    pub fn answering(shape: Shape, answer: &[u8]) -> Server {
        let answer = answer.to_vec();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let name = std::thread::Builder::new().name("truth".to_owned());
        let thread = name.spawn(move || Loop::new(shape, answer, listener).run(&stopped)).unwrap();
        Server { address, stop, thread: Some(thread) }
    }

    pub fn url(&self) -> url::Url {
        format!("http://{}", self.address).parse().unwrap()
    }

    /// Ends it; what it noted.
    pub fn stop(mut self) -> Notes {
        self.halt().unwrap()
    }

    fn halt(&mut self) -> Option<Notes> {
        let thread = self.thread.take()?;
        self.stop.store(true, Ordering::Release);
        // Wakes it.
        let _ = TcpStream::connect(self.address);
        Some(thread.join().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.halt();
    }
}

struct Loop {
    shape: Shape,
    answer: Vec<u8>,
    listener: TcpListener,
    epoll: OwnedFd,
    timer: OwnedFd,
    /// By descriptor number.
    connections: Vec<Option<Connection>>,
    /// Answers by the time they are due, then by number; with the connection and when its request was read.
    due: BinaryHeap<Reverse<(Duration, u64, usize, Duration)>>,
    zero: Option<Instant>,
    notes: Notes,
}

struct Connection {
    stream: TcpStream,
    /// How much of the empty line that ends a head was seen.
    seen: usize,
}

impl Loop {
    fn new(shape: Shape, answer: Vec<u8>, listener: TcpListener) -> Loop {
        listener.set_nonblocking(true).unwrap();
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = rustix::time::timerfd_create(TimerfdClockId::Monotonic, flags).unwrap();
        let readable = epoll::EventFlags::IN;
        epoll::add(&epoll, &listener, epoll::EventData::new_u64(LISTENER), readable).unwrap();
        // Edge-triggered: setting it anew takes an expiry back that was never read.
        epoll::add(&epoll, &timer, epoll::EventData::new_u64(TIMER), readable | epoll::EventFlags::ET)
            .unwrap();
        let histogram = || Histogram::new_with_bounds(1, 3_600_000_000_000, 3).unwrap();
        let notes = Notes { service: histogram(), late: histogram(), reads: Vec::with_capacity(1 << 16) };
        Loop {
            shape,
            answer,
            listener,
            epoll,
            timer,
            connections: Vec::new(),
            due: BinaryHeap::new(),
            zero: None,
            notes,
        }
    }

    fn run(mut self, stop: &AtomicBool) -> Notes {
        let mut events = Vec::with_capacity(1024);
        while !stop.load(Ordering::Acquire) {
            self.answer();
            let left = self.due.peek().map(|Reverse((at, ..))| at.saturating_sub(self.now()));
            let now = Timespec { tv_sec: 0, tv_nsec: 0 };
            let timeout = match left {
                None => None,
                Some(left) if left <= AWAKE => Some(&now),
                Some(left) => {
                    self.arm(left - AWAKE);
                    None
                }
            };
            events.clear();
            match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), timeout) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => panic!("{error}"),
            }
            for event in &events {
                match event.data.u64() {
                    LISTENER => self.accept(),
                    TIMER => {}
                    connection => self.read(usize::try_from(connection).unwrap()),
                }
            }
        }
        self.notes
    }

    fn now(&self) -> Duration {
        self.zero.map_or(Duration::ZERO, |zero| zero.elapsed())
    }

    fn arm(&self, left: Duration) {
        let it_value = Timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
        let once = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value };
        rustix::time::timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once).unwrap();
    }

    fn accept(&mut self) {
        use rustix::fd::AsRawFd;
        while let Ok((stream, _)) = self.listener.accept() {
            stream.set_nonblocking(true).unwrap();
            stream.set_nodelay(true).unwrap();
            let slot = usize::try_from(stream.as_raw_fd()).unwrap();
            let data = epoll::EventData::new_u64(slot as u64);
            epoll::add(&self.epoll, &stream, data, epoll::EventFlags::IN).unwrap();
            if self.connections.len() <= slot {
                self.connections.resize_with(slot + 1, || None);
            }
            self.connections[slot] = Some(Connection { stream, seen: 0 });
        }
    }

    fn read(&mut self, slot: usize) {
        let Some(connection) = self.connections.get_mut(slot).and_then(Option::as_mut) else { return };
        let mut bytes = [0; 4096];
        match connection.stream.read(&mut bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(0) | Err(_) => self.connections[slot] = None,
            Ok(n) => {
                let now = self.zero.get_or_insert_with(Instant::now).elapsed();
                for byte in &bytes[..n] {
                    let end = b"\r\n\r\n";
                    connection.seen = match (*byte == end[connection.seen], *byte == b'\r') {
                        (true, _) => connection.seen + 1,
                        (false, cr) => usize::from(cr),
                    };
                    if connection.seen == end.len() {
                        connection.seen = 0;
                        let number = self.notes.reads.len() as u64;
                        self.notes.reads.push(now);
                        self.due.push(Reverse((self.shape.done(now, number), number, slot, now)));
                    }
                }
            }
        }
    }

    /// Writes the answers that are due.
    fn answer(&mut self) {
        while let Some(&Reverse((at, _, slot, read))) = self.due.peek() {
            if self.now() < at {
                return;
            }
            self.due.pop();
            let Some(connection) = self.connections.get_mut(slot).and_then(Option::as_mut) else { continue };
            if write_all(&mut connection.stream, &self.answer).is_err() {
                self.connections[slot] = None;
                continue;
            }
            let now = self.now();
            self.notes.service.record((now - read).as_nanos() as u64).unwrap();
            self.notes.late.record((now - at).as_nanos() as u64).unwrap();
        }
    }
}

/// Writes an answer, waiting for the client where it is slow to read a long one.
fn write_all(stream: &mut TcpStream, mut bytes: &[u8]) -> std::io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    while !bytes.is_empty() {
        match stream.write(bytes) {
            Ok(n) => bytes = &bytes[n..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                poll(&mut [PollFd::new(stream, PollFlags::OUT)], None)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
