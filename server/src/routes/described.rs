//! Routes, and what they say of themselves: put together when somebody asks for it, because it takes eight megabytes
//! and most processes are never asked.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::routing::MethodRouter;
use utoipa::Path;
use utoipa::openapi::OpenApi;
use utoipa_axum::PathItemExt as _;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::app::App;

type Describe = fn() -> UtoipaMethodRouter<Arc<App>>;

/// Handlers of one path, as [`routes`] takes them.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    pub(crate) mount: fn(Router<Arc<App>>) -> Router<Arc<App>>,
    pub(crate) describe: Describe,
}

/// Routes of the described interface.
#[derive(Default)]
pub(crate) struct Routes {
    router: Router<Arc<App>>,
    described: Vec<Describe>,
}

impl Routes {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With the handlers of another path.
    pub(crate) fn routes(mut self, route: Route) -> Self {
        self.described.push(route.describe);
        Self { router: (route.mount)(self.router), ..self }
    }

    /// With other routes.
    pub(crate) fn merge(mut self, more: Self) -> Self {
        self.described.extend(more.described);
        Self { router: self.router.merge(more.router), ..self }
    }

    /// The router, and what describes it.
    pub(crate) fn split(self) -> (Router<Arc<App>>, impl FnOnce() -> OpenApi + Send + use<>) {
        let described = self.described;
        let describe = move || {
            let all = described.into_iter().map(|describe| describe());
            all.fold(OpenApiRouter::new(), OpenApiRouter::routes).into_openapi()
        };
        (self.router, describe)
    }
}

/// Has a handler answer at its path.
pub(crate) fn mount<P: Path, H: Handler<T, Arc<App>>, T: 'static>(
    router: Router<Arc<App>>,
    handler: &H,
) -> Router<Arc<App>> {
    let methods = P::methods();
    let own = methods.iter().fold(MethodRouter::new(), |own, method| {
        own.on(method.to_method_filter(), handler.clone())
    });
    router.route(&P::path(), own)
}

/// Handlers of one path, each with `#[utoipa::path]`, by name or by module and name.
macro_rules! routes {
    ($($($part:ident)::+),+) => {
        $crate::routes::described::Route {
            mount: |router| {
                $(let router = $crate::routes::described::mounted!(router, $($part)::+);)+
                router
            },
            describe: || utoipa_axum::routes!($($($part)::+),+),
        }
    };
}

macro_rules! mounted {
    ($router:ident, $handler:ident) => {
        pastey::paste! {
            $crate::routes::described::mount::<[<__path_ $handler>], _, _>($router, &$handler)
        }
    };
    ($router:ident, $module:ident::$handler:ident) => {
        pastey::paste! {
            $crate::routes::described::mount::<$module::[<__path_ $handler>], _, _>(
                $router,
                &$module::$handler,
            )
        }
    };
}

pub(crate) use {mounted, routes};
