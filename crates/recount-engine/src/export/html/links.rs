//! Links and images of a document. An image is a link to it: nothing is loaded from elsewhere.

use super::Renderer;
use super::address::{self, Address};
use super::escape;

impl Renderer<'_> {
    pub(super) fn is_in_link(&self) -> bool {
        !self.links.is_empty() || self.raw_links > 0
    }

    pub(super) fn start_link(&mut self, target: &str, is_image: bool, start: usize) {
        self.inline(start);
        let is_inner = self.is_in_link();
        let is_link = !is_inner && self.open_link(target, is_image);
        if !is_inner {
            self.link_target.clear();
            self.link_target.push_str(target);
        }
        self.links.push((self.out.len(), is_link));
        self.block("", if is_link { "</a>" } else { "" });
    }

    pub(super) fn end_link(&mut self) {
        if let Some((start, is_link)) = self.links.pop() {
            // A link that shows nothing cannot be followed.
            if self.out.len() == start && is_link {
                let target = std::mem::take(&mut self.link_target);
                escape::text(&mut self.out, &target);
            }
        }
        self.pop();
    }

    /// Opens a link, where the address is one that is followed.
    pub(super) fn open_link(&mut self, target: &str, is_image: bool) -> bool {
        let resolved;
        let (href, is_external) = match address::read(target) {
            Address::External(address) => (address, true),
            Address::Mail(address) => (address, false),
            Address::Fragment(anchor) => {
                let found = self.anchors.get(&anchor.to_lowercase()).and_then(|index| self.ids.get(*index));
                (format!("#{}", found.map_or(&*anchor, String::as_str)).into(), false)
            }
            Address::Local(path) => match self.options.resolve {
                None => (path, false),
                Some(resolve) => {
                    let Some(address) = resolve(&path) else { return false };
                    resolved = address;
                    match address::read(&resolved) {
                        Address::Refused => return false,
                        Address::External(address) => (address, true),
                        Address::Mail(address) | Address::Local(address) => (address, false),
                        Address::Fragment(anchor) => (format!("#{anchor}").into(), false),
                    }
                }
            },
            Address::Refused => return false,
        };
        self.out.push_str(if is_image { "<a class=\"image\" href=\"" } else { "<a href=\"" });
        address::write(&mut self.out, &href);
        self.out.push_str(if is_external { "\" rel=\"noopener noreferrer nofollow\">" } else { "\">" });
        true
    }
}
