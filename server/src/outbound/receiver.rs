//! A receiver of requests for tests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A receiver on a socket of its own: hears requests, answers with what `answer` makes of each.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    pub(crate) async fn start(
        answer: impl Fn(usize, &str) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (ear, answer) = (Arc::clone(&heard), Arc::new(answer));
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let (ear, answer) = (Arc::clone(&ear), Arc::clone(&answer));
                tokio::spawn(async move {
                    let request = read_request(&mut stream).await;
                    if request.is_empty() {
                        // Whoever called has gone.
                        return;
                    }
                    let count = {
                        let mut heard = ear.lock().unwrap();
                        heard.push(request.clone());
                        heard.len()
                    };
                    let text = answer(count, &request);
                    if text.is_empty() {
                        // Never answers.
                        std::future::pending::<()>().await;
                    }
                    let _ = stream.write_all(text.as_bytes()).await;
                });
            }
        });
        Self { address, heard }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.address.port())
    }

    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn read_request(stream: &mut tokio::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    loop {
        let mut part = [0; 4096];
        let count = stream.read(&mut part).await.unwrap_or(0);
        bytes.extend_from_slice(part.get(..count).unwrap());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |text| text.parse().unwrap());
            if body.len() >= length {
                return text;
            }
        }
        if count == 0 {
            return text;
        }
    }
}

pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
    )
}
