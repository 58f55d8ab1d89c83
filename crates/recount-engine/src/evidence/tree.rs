//! A JSON value whose every field may be absent, null or of another type than documented: asked by path, it
//! answers with nothing, and the rest of the record is still read.
//!
//! What does not live here: cutting an input into records (`json`). Sources of very many records have types
//! of their own instead, which are faster.

use std::borrow::Cow;

use serde_json::Value;

/// A value, or nothing.
#[derive(Clone, Copy, Debug)]
pub struct Tree<'a>(Option<&'a Value>);

impl<'a> Tree<'a> {
    /// The whole value.
    pub fn of(value: &'a Value) -> Self {
        Self(Some(value))
    }

    /// What stands at a path of keys, `alert.owner.name`; nothing where a step is absent.
    #[must_use]
    pub fn at(self, path: &str) -> Self {
        Self(path.split('.').try_fold(self.0, |value, key| Some(value?.get(key))).flatten())
    }

    /// What stands under a key that may hold dots.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        Self(self.0.and_then(|value| value.get(key)))
    }

    /// Whether there is something other than `null` at a path.
    pub fn has(self, path: &str) -> bool {
        self.at(path).0.is_some_and(|value| !value.is_null())
    }

    /// Whether `true` stands at a path.
    pub fn is_true(self, path: &str) -> bool {
        self.at(path).0 == Some(&Value::Bool(true))
    }

    /// The string, number or truth value at a path as text, without spaces around it; else empty.
    pub fn text(self, path: &str) -> Cow<'a, str> {
        self.at(path).as_text()
    }

    /// The first of several paths at which there is a text.
    pub fn first(self, paths: &[&str]) -> Cow<'a, str> {
        paths.iter().map(|path| self.text(path)).find(|text| !text.is_empty()).unwrap_or_default()
    }

    /// The value itself as text. See [`Tree::text`].
    pub fn as_text(self) -> Cow<'a, str> {
        match self.0 {
            Some(Value::String(text)) => Cow::Borrowed(text.trim()),
            Some(Value::Number(number)) => Cow::Owned(number.to_string()),
            Some(Value::Bool(truth)) => Cow::Borrowed(if *truth { "true" } else { "false" }),
            _ => Cow::Borrowed(""),
        }
    }

    /// The value itself as text with the spaces around it, for what is a piece of a longer text.
    pub fn as_text_untrimmed(self) -> Cow<'a, str> {
        match self.0 {
            Some(Value::String(text)) => Cow::Borrowed(text),
            _ => self.as_text(),
        }
    }

    /// The elements of the list at a path; none where there is no list.
    pub fn items(self, path: &str) -> impl Iterator<Item = Tree<'a>> {
        let list = if path.is_empty() { self.0 } else { self.at(path).0 };
        list.and_then(Value::as_array).into_iter().flatten().map(Tree::of)
    }

    /// The members of the object at a path, in the order of their keys.
    pub fn members(self, path: &str) -> impl Iterator<Item = (&'a str, Tree<'a>)> {
        let object = self.at(path).0.and_then(Value::as_object);
        object.into_iter().flatten().map(|(key, value)| (key.as_str(), Tree::of(value)))
    }

    /// The texts of the list at a path, or those at `inner` of its elements, joined by commas.
    pub fn joined(self, path: &str, inner: &str) -> String {
        let texts =
            self.items(path).map(|item| if inner.is_empty() { item.as_text() } else { item.text(inner) });
        let texts: Vec<Cow<'a, str>> = texts.filter(|text| !text.is_empty()).collect();
        texts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_null_or_of_another_type_is_nothing() {
        let value = serde_json::json!({
            "a": {"b": " x ", "n": 1_795_615_325_000_u64, "t": true, "none": null, "list": [{"c": "y"}, 5, "z"]}
        });
        let tree = Tree::of(&value);
        assert_eq!(
            (tree.text("a.b"), tree.text("a.n"), tree.text("a.t")),
            ("x".into(), "1795615325000".into(), "true".into())
        );
        for nothing in ["a", "a.none", "a.b.c", "q", "a.list", ""] {
            assert_eq!(tree.text(nothing), "", "{nothing}");
        }
        assert_eq!((tree.joined("a.list", "c"), tree.joined("a.list", "")), ("y".into(), "5, z".into()));
        assert_eq!(tree.first(&["q", "a.none", "a.b"]), "x");
        assert!(
            tree.has("a.t")
                && !tree.has("a.none")
                && tree.is_true("a.t")
                && tree.items("a.b").next().is_none()
        );
        assert_eq!(tree.members("a").next().map(|(key, _)| key), Some("b"));
    }
}
