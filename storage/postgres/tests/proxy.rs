//! A relay in front of the server that counts round trips, keeps what was prepared, and can cut the
//! line.
//!
//! A connection that was quiet for long is tried before it is used, and on a busy machine any may
//! grow quiet between two calls. Such a trial is no part of the call's cost and is not counted; one
//! of a connection that was not quiet is.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgSslMode};

/// After this long the store tries a connection; it is seen here no later than there.
const QUIET: Duration = Duration::from_secs(5);

#[derive(Default)]
struct State {
    round_trips: AtomicUsize,
    cut: AtomicBool,
    prepared: Mutex<Vec<Statement>>,
}

/// A statement as it went over the wire, with the numbers of its parameters' types.
pub(crate) struct Statement {
    pub(crate) sql: String,
    pub(crate) types: Vec<u32>,
}

/// Relays to one database; it listens until the process ends.
pub(crate) struct Proxy {
    pub(crate) url: String,
    state: Arc<State>,
}

impl Proxy {
    /// A relay to the database at `url`.
    pub(crate) fn new(url: &str) -> Self {
        let target = PgConnectOptions::from_str(url).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = if target.get_socket().is_some() {
            let (user, database) = (target.get_username(), target.get_database().unwrap());
            format!("postgres://{user}@127.0.0.1:{port}/{database}?sslmode=disable")
        } else {
            let relay = target.clone().host("127.0.0.1").port(port).ssl_mode(PgSslMode::Disable);
            relay.to_url_lossy().to_string()
        };
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming() {
                relay(client.unwrap(), &target, &shared);
            }
        });
        Self { url, state }
    }

    /// How often a client waited for the server since the last call.
    pub(crate) fn round_trips(&self) -> usize {
        self.state.round_trips.swap(0, Ordering::SeqCst)
    }

    /// The statements that were prepared since the last call.
    pub(crate) fn prepared(&self) -> Vec<Statement> {
        std::mem::take(&mut self.state.prepared.lock().unwrap())
    }

    /// Cuts the line after the next request has gone through, before its answer comes back.
    pub(crate) fn cut(&self) {
        self.state.cut.store(true, Ordering::SeqCst);
    }
}

fn relay(client: TcpStream, target: &PgConnectOptions, state: &Arc<State>) {
    client.set_nodelay(true).unwrap();
    if let Some(folder) = target.get_socket() {
        let path = folder.join(format!(".s.PGSQL.{}", target.get_port()));
        let server = UnixStream::connect(path).unwrap();
        both_ways(client, server.try_clone().unwrap(), server, state);
    } else {
        let server = TcpStream::connect((target.get_host(), target.get_port())).unwrap();
        server.set_nodelay(true).unwrap();
        both_ways(client, server.try_clone().unwrap(), server, state);
    }
}

fn both_ways<S>(client: TcpStream, to: S, mut from: S, state: &Arc<State>)
where
    S: Read + Write + Send + 'static,
{
    let mut answers = client.try_clone().unwrap();
    let is_cut = Arc::new(AtomicBool::new(false));
    let cut = Arc::clone(&is_cut);
    thread::spawn(move || {
        // Ends when either side does.
        let mut bytes = [0; 8192];
        while let Some(answer) = from.read(&mut bytes).ok().and_then(|read| bytes.get(..read)) {
            // An answer that is not passed on says that what was asked is done.
            let is_over = answer.is_empty() || is_cut.load(Ordering::SeqCst);
            if is_over || answers.write_all(answer).is_err() {
                break;
            }
        }
        let _ = answers.shutdown(Shutdown::Both);
    });
    let state = Arc::clone(state);
    thread::spawn(move || requests(client, to, &state, &cut));
}

/// Passes messages on one by one: a letter, a length that counts itself, and a body.
fn requests(
    mut client: TcpStream,
    mut server: impl Write,
    state: &State,
    cut: &AtomicBool,
) -> Option<()> {
    // The first message has no letter.
    pass_on(&mut client, &mut server)?;
    let mut last = (0, Instant::now());
    loop {
        let mut letter = [0];
        client.read_exact(&mut letter).ok()?;
        let trial = is_trial(letter[0], last);
        last = (letter[0], Instant::now());
        server.write_all(&letter).ok()?;
        // After a `Sync` or a simple `Query` the client waits for an answer.
        let waits = matches!(letter[0], b'S' | b'Q');
        if waits && state.cut.swap(false, Ordering::SeqCst) {
            // Before the server can answer.
            cut.store(true, Ordering::SeqCst);
        }
        if waits && !trial {
            // Before the answer, after which somebody looks.
            state.round_trips.fetch_add(1, Ordering::SeqCst);
        }
        let body = pass_on(&mut client, &mut server)?;
        if letter[0] == b'P' {
            state.prepared.lock().unwrap().push(statement(&body)?);
        }
    }
}

/// Whether the message is a `Sync` with nothing before it, after a silence.
fn is_trial(letter: u8, (before, at): (u8, Instant)) -> bool {
    letter == b'S' && matches!(before, b'S' | b'Q') && at.elapsed() >= QUIET
}

#[test]
fn only_the_trial_of_a_quiet_connection_is_not_counted() {
    let now = Instant::now();
    let Some(long_ago) = now.checked_sub(QUIET) else { return };
    assert!(is_trial(b'S', (b'S', long_ago)) && is_trial(b'S', (b'Q', long_ago)));
    assert!(!is_trial(b'S', (b'S', now)), "it was not quiet");
    assert!(!is_trial(b'S', (b'E', long_ago)), "it ends a statement");
    assert!(!is_trial(b'Q', (b'S', long_ago)), "it is a statement");
}

fn pass_on(client: &mut TcpStream, server: &mut impl Write) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    client.read_exact(&mut length).ok()?;
    let rest = usize::try_from(u32::from_be_bytes(length)).ok()?.checked_sub(4)?;
    let mut body = vec![0; rest];
    client.read_exact(&mut body).ok()?;
    server.write_all(&length).ok()?;
    server.write_all(&body).ok()?;
    Some(body)
}

/// The body of a `Parse`: a name and a text, each with a zero behind it, then a number of types.
fn statement(body: &[u8]) -> Option<Statement> {
    let mut parts = body.splitn(3, |byte| *byte == 0);
    let (_name, sql, types) = (parts.next()?, parts.next()?, parts.next()?);
    let types = types.get(2..)?.as_chunks::<4>().0.iter().map(|type_| u32::from_be_bytes(*type_));
    Some(Statement { sql: String::from_utf8(sql.to_vec()).ok()?, types: types.collect() })
}
