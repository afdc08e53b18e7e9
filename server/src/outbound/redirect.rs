//! Redirects: at most three, each checked like the first address (R8.16, S12.4).

use reqwest::Url;

use super::client::{Outbound, Outgoing, Received, SendError};

/// So many are followed.
const HOPS: usize = 3;
/// Headers that are for one origin alone.
const PRIVATE: [&str; 6] =
    ["authorization", "cookie", "proxy-authorization", "x-api-key", "x-auth-token", "x-csrf-token"];

pub(super) async fn send(outbound: &Outbound, request: &Outgoing) -> Result<Received, SendError> {
    let mut answer = outbound.exchange(request).await?;
    if !request.follows {
        return Ok(answer);
    }
    let mut request = request.clone();
    for _ in 0..HOPS {
        let Some(next) = target(&request.url, &answer) else { return Ok(answer) };
        redirect(&mut request, answer.status, &next)?;
        answer = outbound.exchange(&request).await?;
    }
    Ok(answer)
}

/// Where an answer sends the request on to.
fn target(from: &str, answer: &Received) -> Option<Url> {
    if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let (_, place) = answer.headers.iter().find(|(name, _)| name == "location")?;
    Url::parse(from).ok()?.join(place).ok()
}

fn redirect(request: &mut Outgoing, status: u16, next: &Url) -> Result<(), SendError> {
    if !matches!(status, 307 | 308) {
        "GET".clone_into(&mut request.method);
        request.body = None;
        request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
    }
    let origin = Url::parse(&request.url).map(|url| url.origin());
    if origin != Ok(next.origin()) {
        if request.is_body_private && request.body.is_some() {
            return Err(SendError::SecretLeaves);
        }
        let private = std::mem::take(&mut request.private_headers);
        request.headers.retain(|(name, _)| {
            let name = name.to_ascii_lowercase();
            !PRIVATE.contains(&name.as_str()) && !private.contains(&name)
        });
    }
    next.as_str().clone_into(&mut request.url);
    Ok(())
}
