//! The style sheet, the script and the icon: few files, each under a name that changes with its content, so that a
//! browser keeps them for good.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use sha2::{Digest, Sha256};

use crate::site::Site;

/// A file that pages need.
struct Asset {
    /// Its name without the part that changes.
    stem: &'static str,
    extension: &'static str,
    media_type: &'static str,
    content: &'static str,
}

const ASSETS: [Asset; 4] = [
    Asset {
        stem: "recount",
        extension: "css",
        media_type: "text/css; charset=utf-8",
        content: include_str!("assets/recount.css"),
    },
    Asset {
        stem: "recount",
        extension: "js",
        media_type: "text/javascript; charset=utf-8",
        content: include_str!("assets/recount.js"),
    },
    Asset {
        stem: "icon",
        extension: "svg",
        media_type: "image/svg+xml",
        content: include_str!("assets/icon.svg"),
    },
    Asset {
        stem: "chart",
        extension: "css",
        media_type: "text/css; charset=utf-8",
        content: recount_engine::insights::chart::STYLE,
    },
];

/// Where each of [`ASSETS`] is, in their order.
static PLACES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let place = |asset: &Asset| {
        let sum = Sha256::digest(asset.content);
        let sum = sum.iter().take(6).fold(String::new(), |sum, byte| format!("{sum}{byte:02x}"));
        format!("/assets/{}-{sum}.{}", asset.stem, asset.extension)
    };
    ASSETS.iter().map(place).collect()
});

/// Where the style sheet is.
pub(crate) fn style() -> &'static str {
    &PLACES[0]
}

/// Where the script is.
pub(crate) fn script() -> &'static str {
    &PLACES[1]
}

/// Where the icon is.
pub(crate) fn icon() -> &'static str {
    &PLACES[2]
}

/// Where the colours of charts are.
pub(crate) fn charts() -> &'static str {
    &PLACES[3]
}

pub(crate) fn router() -> Router<Arc<Site>> {
    PLACES.iter().zip(&ASSETS).fold(Router::new(), |router, (place, asset)| {
        let answer = || async {
            let headers =
                [(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.content).into_response()
        };
        router.route(place, get(answer))
    })
}
