//! What visitors meet while the service is still opening its database (S3.187, S3.188).

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use tokio::sync::SetOnce;
use tower_service::Service as _;

use crate::routes::while_starting;

/// A way in that is there before the service is. Until [`Entrance::open`], `/healthz` says that the process
/// lives, `/readyz` that it is not ready, and all other requests wait.
#[derive(Clone, Debug, Default)]
pub struct Entrance {
    router: Arc<SetOnce<Router>>,
}

impl Entrance {
    /// Lets all in, those who wait first. A second service is not taken.
    pub fn open(&self, router: Router) {
        drop(self.router.set(router));
    }

    pub(super) async fn call(&self, request: Request<Incoming>) -> Result<Response, Infallible> {
        let mut router = match self.router.get() {
            Some(router) => router.clone(),
            None => match while_starting(&request) {
                Some(response) => return Ok(response),
                None => self.router.wait().await.clone(),
            },
        };
        router.call(request).await
    }
}

impl From<Router> for Entrance {
    fn from(router: Router) -> Self {
        Self { router: Arc::new(SetOnce::new_with(Some(router))) }
    }
}
