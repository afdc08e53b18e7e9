//! The content library (S3.20 to S3.62).

mod body;
mod bulk;
mod change;
mod detail;
mod info;
mod list;
mod one;
mod place;
mod preference;
mod random;
mod rules;
mod teller;
mod variant;
mod variant_body;

use crate::routes::described::{Routes, routes};

pub(crate) use self::detail::ContentKind;

pub(crate) fn routes() -> Routes {
    Routes::new()
        .routes(routes!(list::list, one::create))
        .routes(routes!(random::random))
        .routes(routes!(bulk::many, bulk::update, bulk::delete))
        .routes(routes!(one::read, one::update, one::delete))
        .routes(routes!(one::set_status))
        .routes(routes!(variant::list, variant::create))
        .routes(routes!(variant::replace, variant::merge, variant::delete))
        .routes(routes!(variant::count))
}
