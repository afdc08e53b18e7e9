//! The studio under `/studio`: the files of a folder that was built apart, so that building the service needs no Node.
//!
//! They are read once, at the start. So no request reaches the disk, and nothing but what was found then can be asked for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::extract::rejection::PathRejection;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;

use crate::app::not_found;
use crate::asset::{ASKS, Asset};

/// As the page itself demands (`web-demo/build/policy.ts`); a worker is held to what comes with its own script.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
                      connect-src 'self' https: http://localhost:* http://127.0.0.1:*; img-src 'self' data: https:; \
                      media-src 'self' https:; object-src 'none'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'self'";

/// Where the build puts what it names by its contents.
const NAMED_BY_CONTENTS: &str = "assets/";

/// Another build has other names.
const FOREVER: &str = "public, max-age=31536000, immutable";

const PAGE: &str = "index.html";

/// A build has a few million bytes; a folder with more was named by mistake.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The files of a built studio.
#[derive(Clone, Debug)]
pub struct Studio {
    files: Arc<BTreeMap<String, Asset>>,
}

/// Why a folder cannot be served as the studio.
#[derive(Debug, thiserror::Error)]
pub enum StudioError {
    /// A file or folder cannot be read.
    #[error("cannot read `{path}`", path = path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// There is no page.
    #[error("`{folder}` holds no built studio: it has no index.html (help: `cargo xtask serve` builds one)", folder = .0.display())]
    NoPage(PathBuf),
    /// It is no studio.
    #[error("`{folder}` holds no built studio: it has more than 64 MiB", folder = .0.display())]
    TooLarge(PathBuf),
}

impl Studio {
    /// Reads the files of a folder and of those within. Hidden files and links are left out.
    ///
    /// # Errors
    ///
    /// That something cannot be read, or that the folder holds no built studio.
    pub fn open(folder: &Path) -> Result<Self, StudioError> {
        let mut files = BTreeMap::new();
        let mut room = LARGEST;
        let mut folders = vec![(folder.to_owned(), String::new())];
        while let Some((path, prefix)) = folders.pop() {
            for entry in fs::read_dir(&path).map_err(|source| unreadable(&path, source))? {
                let entry = entry.map_err(|source| unreadable(&path, source))?;
                let (path, name) = (entry.path(), entry.file_name());
                let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else {
                    continue;
                };
                let name = format!("{prefix}{name}");
                // Of the entry itself, not of what it may link to.
                let metadata = entry.metadata().map_err(|source| unreadable(&path, source))?;
                if metadata.is_dir() {
                    folders.push((path, format!("{name}/")));
                } else if metadata.is_file() {
                    let too_large = || StudioError::TooLarge(folder.to_owned());
                    room = room.checked_sub(metadata.len()).ok_or_else(too_large)?;
                    let body = fs::read(&path).map_err(|source| unreadable(&path, source))?;
                    let cache = if name.starts_with(NAMED_BY_CONTENTS) { FOREVER } else { ASKS };
                    let asset = Asset::new(kind(&name), body.into(), POLICY, cache);
                    files.insert(name, asset);
                }
            }
        }
        if !files.contains_key(PAGE) {
            return Err(StudioError::NoPage(folder.to_owned()));
        }
        Ok(Self { files: Arc::new(files) })
    }
}

/// The routes of a studio, or none.
pub(crate) fn routes(studio: Option<Studio>) -> Router {
    let Some(studio) = studio else { return Router::new() };
    Router::new()
        // Relative, so that it holds under any prefix. The page's own addresses are relative to its folder.
        .route("/studio", get(async || Redirect::permanent("studio/")))
        .route("/studio/", get(page))
        .route("/studio/{*file}", get(file))
        .with_state(studio)
}

async fn page(State(studio): State<Studio>, headers: HeaderMap) -> Response {
    answer(&studio, PAGE, &headers).await
}

async fn file(
    State(studio): State<Studio>,
    name: Result<axum::extract::Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    match name {
        Ok(name) => answer(&studio, &name, &headers).await,
        Err(_) => not_found().await.into_response(),
    }
}

async fn answer(studio: &Studio, name: &str, headers: &HeaderMap) -> Response {
    match studio.files.get(name) {
        Some(asset) => asset.answer(headers),
        None => not_found().await.into_response(),
    }
}

fn unreadable(path: &Path, source: std::io::Error) -> StudioError {
    StudioError::Unreadable { path: path.to_owned(), source }
}

/// The kind of a file by the end of its name; browsers are told not to guess.
fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html",
        "js" | "mjs" => "text/javascript",
        "css" => "text/css",
        "txt" => "text/plain",
        "json" | "map" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_studio_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refused = Studio::open(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("has no index.html"), "{refused}");
        let refused = Studio::open(&folder.path().join("nowhere")).unwrap_err().to_string();
        assert!(refused.starts_with("cannot read") && refused.contains("nowhere"), "{refused}");
        fs::write(folder.path().join(PAGE), "<!doctype html>").unwrap();
        // Sparse: it has a length, and takes no room on the disk.
        let large = fs::File::create(folder.path().join("disk.img")).unwrap();
        large.set_len(LARGEST).unwrap();
        let refused = Studio::open(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("64 MiB"), "{refused}");
    }

    #[test]
    fn the_service_demands_what_the_page_demands() {
        let own = include_str!("../../web-demo/build/policy.ts");
        let stricter = "frame-ancestors 'self'";
        for demand in POLICY.split("; ").filter(|demand| *demand != stricter) {
            assert!(own.contains(&format!("\"{demand}\"")), "{demand}");
        }
        assert_eq!(own.matches("-src ").count(), POLICY.matches("-src ").count());
    }
}
