//! A server that flows and events call: it hears requests and answers as the test says.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::Value;

/// A request that was heard.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) path: String,
    /// By names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) text: String,
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Reply {
    /// These bytes, and the end of the connection.
    Bytes(Vec<u8>),
    /// The end of the connection.
    Nothing,
    /// Nothing at all, until the caller hangs up.
    Silence,
    /// These bytes, and nothing more until the caller hangs up.
    Stalled(Vec<u8>),
    /// This, again and again, until the caller hangs up.
    Endless(Vec<u8>),
}

/// A listening server; it stops when it is dropped.
#[derive(Debug)]
pub(crate) struct Site {
    address: SocketAddr,
    heard: Arc<Mutex<Vec<Heard>>>,
    is_over: Arc<AtomicBool>,
    /// Accepts.
    thread: Option<JoinHandle<()>>,
}

impl Heard {
    /// The body, which is JSON.
    pub(crate) fn body(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header's text; empty when there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Reply {
    /// An answer of this status.
    pub(crate) fn text(status: u16, headers: &str, text: impl AsRef<[u8]>) -> Self {
        let length = text.as_ref().len();
        let head = format!(
            "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
        );
        Self::Bytes([head.as_bytes(), text.as_ref()].concat())
    }

    /// JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, "content-type: application/json\r\n", body.to_string())
    }

    fn write(&self, mut stream: TcpStream) {
        // Who does not want to hear the rest need not.
        match self {
            Self::Bytes(bytes) => drop(stream.write_all(bytes)),
            Self::Nothing => {}
            Self::Silence => drop(stream.read(&mut [0])),
            Self::Stalled(bytes) => {
                drop(stream.write_all(bytes));
                drop(stream.read(&mut [0]));
            }
            Self::Endless(bytes) => {
                let head = b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n";
                let mut sent = stream.write_all(head);
                let chunk = [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
                while sent.is_ok() {
                    sent = stream.write_all(&chunk);
                }
            }
        }
    }
}

impl Site {
    /// Answers at a free port.
    pub(crate) fn start(answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), answer)
    }

    /// Answers at this address.
    pub(crate) fn start_at(
        address: SocketAddr,
        answer: impl Fn(&Heard) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).expect("the address is free");
        let address = listener.local_addr().expect("a socket has an address");
        let (heard, is_over) = (Arc::<Mutex<Vec<Heard>>>::default(), Arc::<AtomicBool>::default());
        let (ear, end, answer) = (Arc::clone(&heard), Arc::clone(&is_over), Arc::new(answer));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let (ear, answer) = (Arc::clone(&ear), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let Some((request, stream)) = stream.ok().and_then(read) else { return };
                    ear.lock().expect("nobody panics").push(request.clone());
                    answer(&request).write(stream);
                });
            }
        });
        Self { address, heard, is_over, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a page.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What was heard so far.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.heard.lock().expect("nobody panics").clone()
    }

    /// The words that let a server in production call this site, and nothing else.
    pub(crate) fn words(&self) -> [String; 5] {
        let port = self.address.port().to_string();
        let host = self.address.ip().to_string();
        let names = ["--egress-allow-http", "--egress-allow-host", "--egress-allow-port"];
        let [http, hosts, ports] = names.map(str::to_owned);
        [http, hosts, host, ports, port]
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        // Wakes who waits for the next connection.
        drop(TcpStream::connect(self.address));
        // The address is free when it has gone.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// A whole request; none if the caller went away.
fn read(stream: TcpStream) -> Option<(Heard, TcpStream)> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut heard = Heard { path: line.split(' ').nth(1)?.to_owned(), ..Heard::default() };
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        heard.headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = heard.header("content-length").parse().unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    heard.text = String::from_utf8(body).ok()?;
    Some((heard, stream))
}
