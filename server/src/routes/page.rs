//! The chat for people: the service's own page, and the script that puts it on any other. Both are embedded in the program.

mod link;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use axum::routing::get;

use crate::app::App;
use crate::asset::{ASKS, Asset};

/// The page loads nothing from elsewhere but what authors show.
const PAGE: &str = "default-src 'self'; img-src 'self' https: data:; media-src 'self' https:; \
                    style-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'";

/// A script alone needs nothing.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// Stands on pages that are loaded often: it may be some minutes old.
const SHARED: &str = "public, max-age=300, stale-while-revalidate=86400";

/// The routes of all files.
pub(super) fn routes() -> Router<Arc<App>> {
    let (html, css, js) = ("text/html", "text/css", "text/javascript");
    let index = include_str!("../../../web-demo/widget/page/index.html").to_owned();
    let style = include_str!("../../../web-demo/widget/page/page.css").to_owned();
    let files = [
        ("/", html, index, PAGE, ASKS),
        ("/chat.css", css, style, NOTHING, ASKS),
        ("/chat.js", js, link::page(), NOTHING, ASKS),
        ("/widget.js", js, link::widget(), NOTHING, SHARED),
    ];
    files.into_iter().fold(Router::new(), |router, (path, kind, text, policy, cache)| {
        let asset = Arc::new(Asset::new(kind, text.into(), policy, cache));
        let answer = move |headers: HeaderMap| {
            let asset = Arc::clone(&asset);
            async move { answer(&asset, &headers) }
        };
        router.route(path, get(answer))
    })
}

fn answer(asset: &Asset, asked: &HeaderMap) -> Response {
    let mut response = asset.answer(asked);
    if asset.cache == SHARED {
        let headers = response.headers_mut();
        // Any page may load it, also one that is isolated, or that names its digest; what it may call is S12.8's affair.
        let name = HeaderName::from_static("cross-origin-resource-policy");
        headers.insert(name, HeaderValue::from_static("cross-origin"));
        let name = header::ACCESS_CONTROL_ALLOW_ORIGIN;
        headers.insert(name, HeaderValue::from_static("*"));
    }
    response
}
