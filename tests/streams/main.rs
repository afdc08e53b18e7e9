//! Opens many streams of events, and tells when each has heard of one.
//!
//! `streams ADDRESS COUNT [BEARER]` opens `COUNT` streams at the host and port `ADDRESS` and prints
//! `open COUNT`. Once each has heard an event it prints `heard COUNT`. It ends when its input does,
//! and then closes all. It is a process of its own, so that its memory and its files are not the
//! server's.

use std::io::{Error, ErrorKind, Result, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpStream;
use tokio::sync::{Notify, Semaphore};

/// How many connections are made at the same time.
const AT_ONCE: usize = 64;

/// What is counted, and who waits for it.
#[derive(Debug, Default)]
struct Counter {
    count: AtomicUsize,
    changed: Notify,
}

impl Counter {
    fn add(&self) {
        self.count.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_one();
    }

    async fn reaches(&self, count: usize) {
        while self.count.load(Ordering::SeqCst) < count {
            self.changed.notified().await;
        }
    }
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [address, count, bearer @ ..] = words.as_slice() else {
        return Err(Error::new(ErrorKind::InvalidInput, "streams ADDRESS COUNT [BEARER]"));
    };
    let count: usize = count.parse().map_err(Error::other)?;
    let bearer = bearer.first().map_or("", String::as_str);
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(follow(address, count, bearer))
}

async fn follow(address: &str, count: usize, bearer: &str) -> Result<()> {
    let (open, heard) = (Arc::<Counter>::default(), Arc::<Counter>::default());
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let request = format!(
        "GET /v1/cms/events HTTP/1.1\r\nhost: {address}\r\nauthorization: {bearer}\r\n\
         accept: text/event-stream\r\n\r\n"
    );
    let mut streams = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (address, request) = (address.to_owned(), request.clone());
        let (open, heard, room) = (Arc::clone(&open), Arc::clone(&heard), Arc::clone(&room));
        streams.spawn(async move {
            let place = room.acquire_owned().await.map_err(Error::other)?;
            let stream = TcpStream::connect(address).await?;
            send(&stream, request.as_bytes()).await?;
            let mut read = Reader { stream, last: Vec::new() };
            read.until(b"HTTP/1.1 200").await?;
            read.until(b"\r\n\r\n").await?;
            open.add();
            drop(place);
            read.until(b"data: ").await?;
            heard.add();
            // Until the server, or the program, ends it.
            read.until(b"\0").await
        });
    }
    for (what, counter) in [("open", &open), ("heard", &heard)] {
        tokio::select! {
            () = counter.reaches(count) => {}
            Some(ended) = streams.join_next() => return Err(why(ended)),
        }
        println!("{what} {count}");
        std::io::stdout().flush()?;
    }
    let end = tokio::task::spawn_blocking(|| std::io::stdin().read_line(&mut String::new()));
    drop(end.await);
    Ok(())
}

/// Why a stream ended that should not have.
fn why(ended: std::result::Result<Result<()>, tokio::task::JoinError>) -> Error {
    match ended {
        Ok(Err(error)) => error,
        Ok(Ok(())) => Error::other("a stream ended"),
        Err(error) => Error::other(error),
    }
}

async fn send(stream: &TcpStream, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        stream.writable().await?;
        match stream.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

struct Reader {
    stream: TcpStream,
    /// What was read and not yet looked at.
    last: Vec<u8>,
}

impl Reader {
    /// Reads up to and with these bytes.
    async fn until(&mut self, end: &[u8]) -> Result<()> {
        loop {
            let found = self.last.windows(end.len()).position(|part| part == end);
            if let Some(found) = found {
                self.last.drain(..found + end.len());
                return Ok(());
            }
            if self.last.starts_with(b"HTTP/1.1 ")
                && end.starts_with(b"HTTP")
                && self.last.len() > 64
            {
                return Err(Error::other(String::from_utf8_lossy(&self.last).into_owned()));
            }
            // No more is kept than can be the begin of what is looked for.
            let keep = if end.starts_with(b"HTTP") {
                self.last.len()
            } else {
                self.last.len().min(end.len())
            };
            self.last.drain(..self.last.len() - keep);
            self.stream.readable().await?;
            let mut part = [0; 1024];
            match self.stream.try_read(&mut part) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.last.extend_from_slice(&part[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
}
