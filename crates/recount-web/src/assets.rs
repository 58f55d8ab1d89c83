//! The style sheet, the script, the icon and the live editor: few files, each under a name that changes with its content, so that a
//! browser keeps them for good.

use std::io::Write as _;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
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
    let router = PLACES.iter().zip(&ASSETS).fold(Router::new(), |router, (place, asset)| {
        let answer = || async {
            let headers =
                [(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
            (headers, asset.content).into_response()
        };
        router.route(place, get(answer))
    });
    with_editor(router)
}

/// The live editor, where this program was built with it.
pub(crate) struct Editor {
    /// Where its script is.
    pub(crate) script: String,
    /// Where its styles are.
    pub(crate) style: String,
    /// Which build it is.
    pub(crate) build: &'static str,
}

static EDITOR: LazyLock<Option<Editor>> = LazyLock::new(|| {
    recount_editor::SCRIPT.and(recount_editor::STYLE).map(|_| Editor {
        script: format!("/assets/editor-{}.js", recount_editor::BUILD),
        style: format!("/assets/editor-{}.css", recount_editor::BUILD),
        build: recount_editor::BUILD,
    })
});

/// The live editor; none where the program was built without.
pub(crate) fn editor() -> Option<&'static Editor> {
    EDITOR.as_ref()
}

/// A file of the editor, as it is and packed: it is the one large one.
struct Packed {
    media_type: &'static str,
    plain: &'static [u8],
    gzip: Vec<u8>,
}

impl Packed {
    fn new(media_type: &'static str, plain: &'static [u8]) -> Self {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        // A list of bytes takes everything.
        let packed = packer.write_all(plain).and_then(|()| packer.finish());
        Self { media_type, plain, gzip: packed.unwrap_or_default() }
    }

    fn answer(&self, headers: &HeaderMap) -> Response {
        let accepted =
            headers.get(ACCEPT_ENCODING).and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
        let takes_gzip = accepted.split(',').any(|one| one.trim().split(';').next() == Some("gzip"));
        let told = [
            (CONTENT_TYPE, self.media_type),
            (CACHE_CONTROL, "public, max-age=31536000, immutable"),
            (VARY, "accept-encoding"),
        ];
        if takes_gzip && !self.gzip.is_empty() {
            (told, [(CONTENT_ENCODING, "gzip")], self.gzip.clone()).into_response()
        } else {
            (told, self.plain).into_response()
        }
    }
}

/// The editor's files, each at its address.
fn with_editor(router: Router<Arc<Site>>) -> Router<Arc<Site>> {
    static SCRIPT: LazyLock<Packed> = LazyLock::new(|| {
        Packed::new("text/javascript; charset=utf-8", recount_editor::SCRIPT.unwrap_or_default())
    });
    static STYLE: LazyLock<Packed> =
        LazyLock::new(|| Packed::new("text/css; charset=utf-8", recount_editor::STYLE.unwrap_or_default()));
    let Some(editor) = editor() else { return router };
    router
        .route(&editor.script, get(async |headers: HeaderMap| SCRIPT.answer(&headers)))
        .route(&editor.style, get(async |headers: HeaderMap| STYLE.answer(&headers)))
}
