//! What figures and lists need of postmortems, in few bytes: a library's are read at once, by the hundred thousand.
//!
//! Postmortems come in blocks. Names and stems stand in a block once and are known by their number there; what one
//! postmortem has several of is a range of what all of the block have. Texts are kept as the stems of their words,
//! which is what phrases are counted by; how a phrase is written is asked of the record. What does not live here: how
//! blocks are kept.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::hash::Fast;
use super::mining;
use crate::document::template::FieldId;
use crate::document::value::priority::Priority;
use crate::document::value::severity::Severity;
use crate::document::value::status::StatusKind;
use crate::document::{ActionRecord, Record, Stage, day};

/// No word: what is not there, and among stems a boundary that no phrase crosses.
pub(super) const NONE: u32 = 0;

/// Postmortems in brief, with the words of all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Briefs {
    /// All words, one behind the other, and where each ends. The first has the number 1.
    text: String,
    ends: Vec<u32>,
    all: Vec<Brief>,
    services: Vec<u32>,
    items: Vec<BriefItem>,
    owners: Vec<u32>,
    stems: Vec<u32>,
}

/// A postmortem in brief. Its fields are those of a [`Record`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brief {
    /// What its record is kept under.
    pub number: u64,
    id: u32,
    /// What its author claims.
    pub stage: Stage,
    /// Whether it is no postmortem in the template.
    pub is_stray: bool,
    /// How bad it was.
    pub severity: Option<Severity>,
    /// When impact began.
    #[serde(with = "instant")]
    pub started: Option<Timestamp>,
    /// Whether a start is written and cannot be read.
    pub is_start_unreadable: bool,
    /// When it was detected.
    #[serde(with = "instant")]
    pub detected: Option<Timestamp>,
    /// When somebody took it.
    #[serde(with = "instant")]
    pub acknowledged: Option<Timestamp>,
    /// When it was mitigated.
    #[serde(with = "instant")]
    pub mitigated: Option<Timestamp>,
    /// When it was over.
    #[serde(with = "instant")]
    pub resolved: Option<Timestamp>,
    /// Whether an end is written and cannot be read.
    pub is_end_unreadable: bool,
    /// A bit for each way of detection that told of it.
    pub(super) detected_by: u8,
    /// A bit for each kind of contributing factor, in the template's order.
    pub(super) factors: u8,
    services: (u32, u32),
    items: (u32, u32),
    /// The stems of each [`Said`]; none where nothing is said.
    said: [Option<(u32, u32)>; 3],
}

/// An action item in brief.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BriefItem {
    /// Its priority.
    pub priority: Option<Priority>,
    /// How far it has come.
    pub status: Option<StatusKind>,
    /// Since when it is that.
    #[serde(with = "day")]
    pub status_date: Option<Date>,
    /// When it is due.
    #[serde(with = "day")]
    pub due: Option<Date>,
    owners: (u32, u32),
}

/// A part of a postmortem in which phrases recur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// The contributing factors.
    Factors,
    /// *What went poorly*.
    WentPoorly,
    /// *Where we got lucky*.
    GotLucky,
}

impl Said {
    /// What a record says there.
    pub(super) fn texts(self, record: &Record) -> Vec<&str> {
        match self {
            Self::Factors => record.factors.iter().map(|factor| factor.text.as_str()).collect(),
            Self::WentPoorly => record.went_poorly.iter().map(String::as_str).collect(),
            Self::GotLucky => record.got_lucky.iter().map(String::as_str).collect(),
        }
    }
}

impl Brief {
    /// Whether a factor of this kind contributed.
    pub fn has_factor(&self, kind: FieldId) -> bool {
        self.factors & bit(FieldId::ContributingFactors, kind) != 0
    }

    /// Whether anything is said there.
    pub(super) fn says(&self, what: Said) -> bool {
        self.said[what as usize].is_some()
    }
}

impl BriefItem {
    /// Whether work is still owed: [`ActionRecord::is_open`].
    pub fn is_open(&self) -> bool {
        self.status.is_none_or(StatusKind::is_open)
    }

    /// Whether it is past its due date and work is still owed: [`ActionRecord::is_overdue`].
    pub fn is_overdue(&self, today: Date) -> bool {
        self.is_open() && self.due.is_some_and(|due| due < today)
    }
}

/// The bit of a field among those of its group.
pub(super) fn bit(group: FieldId, field: FieldId) -> u8 {
    group
        .members()
        .position(|def| def.id == field)
        .map_or(0, |place| 1_u8.checked_shl(place as u32).unwrap_or(0))
}

/// What is kept may be damaged in a way that its sum does not tell: nothing stands where it says, then.
fn part<T>(all: &[T], (start, count): (u32, u32)) -> &[T] {
    all.get(start as usize..(start as usize).saturating_add(count as usize)).unwrap_or_default()
}

impl Briefs {
    /// The postmortems, in the order in which they were taken.
    pub fn all(&self) -> &[Brief] {
        &self.all
    }

    /// A word by its number; empty where there is none.
    pub(super) fn word(&self, word: u32) -> &str {
        let Some(nth) = (word as usize).checked_sub(1) else { return "" };
        let start =
            nth.checked_sub(1).map_or(0, |before| self.ends.get(before).map_or(0, |end| *end as usize));
        let end = self.ends.get(nth).map_or(0, |end| *end as usize);
        self.text.get(start..end).unwrap_or_default()
    }

    /// Numbers of words are below this.
    pub(super) fn words(&self) -> usize {
        self.ends.len() + 1
    }

    /// Its incident's ID.
    pub fn id(&self, brief: &Brief) -> Option<&str> {
        (brief.id != NONE).then(|| self.word(brief.id))
    }

    /// The services impacted, as written.
    pub fn services(&self, brief: &Brief) -> impl Iterator<Item = &str> + Clone {
        self.service_words(brief).iter().map(|word| self.word(*word))
    }

    /// [`Briefs::services`] by their numbers.
    pub(super) fn service_words(&self, brief: &Brief) -> &[u32] {
        part(&self.services, brief.services)
    }

    /// Its action items, in the order of the document.
    pub fn items(&self, brief: &Brief) -> &[BriefItem] {
        part(&self.items, brief.items)
    }

    /// The owners of an item, as written.
    pub fn owners(&self, item: &BriefItem) -> impl Iterator<Item = &str> + Clone {
        self.owner_words(item).iter().map(|word| self.word(*word))
    }

    /// [`Briefs::owners`] by their numbers.
    pub(super) fn owner_words(&self, item: &BriefItem) -> &[u32] {
        part(&self.owners, item.owners)
    }

    /// What is said there, as stems, [`NONE`] at each boundary.
    pub(super) fn stems(&self, brief: &Brief, what: Said) -> &[u32] {
        brief.said[what as usize].map_or(&[], |range| part(&self.stems, range))
    }
}

/// Makes a block.
#[derive(Debug, Default)]
pub struct Gathering {
    made: Briefs,
    known: Fast<String, u32>,
}

impl Gathering {
    /// Takes a record in, kept under a number.
    pub fn push(&mut self, number: u64, record: &Record) {
        let id = record.id.as_ref().map_or(NONE, |id| self.word(id));
        let services = self.range(
            |this| &this.services,
            |this| {
                for name in &record.services {
                    let word = this.word(name);
                    this.made.services.push(word);
                }
            },
        );
        let items =
            self.range(|this| &this.items, |this| record.actions.iter().for_each(|item| this.item(item)));
        let said = [Said::Factors, Said::WentPoorly, Said::GotLucky].map(|what| {
            let texts = what.texts(record);
            (!texts.is_empty()).then(|| {
                self.range(
                    |this| &this.stems,
                    |this| {
                        for text in texts {
                            mining::stems(text, |stem| {
                                let word = stem.map_or(NONE, |stem| this.word(&stem));
                                this.made.stems.push(word);
                            });
                        }
                    },
                )
            })
        });
        let bits =
            |group, ids: &mut dyn Iterator<Item = FieldId>| ids.fold(0, |bits, id| bits | bit(group, id));
        self.made.all.push(Brief {
            number,
            id,
            stage: record.stage,
            is_stray: record.is_stray,
            severity: record.severity,
            started: record.started,
            is_start_unreadable: record.is_start_unreadable,
            detected: record.detected,
            acknowledged: record.acknowledged,
            mitigated: record.mitigated,
            resolved: record.resolved,
            is_end_unreadable: record.is_end_unreadable,
            detected_by: bits(FieldId::HowDetected, &mut record.detected_by.iter().copied()),
            factors: bits(
                FieldId::ContributingFactors,
                &mut record.factors.iter().map(|factor| factor.category),
            ),
            services,
            items,
            said,
        });
    }

    /// Takes one postmortem of another block in.
    pub fn copy(&mut self, from: &Briefs, brief: &Brief) {
        let id = from.id(brief).map_or(NONE, |id| self.word(id));
        let services = self.range(
            |this| &this.services,
            |this| {
                for name in from.services(brief) {
                    let word = this.word(name);
                    this.made.services.push(word);
                }
            },
        );
        let items = self.range(
            |this| &this.items,
            |this| {
                for item in from.items(brief) {
                    let owners = this.range(
                        |this| &this.owners,
                        |this| {
                            for name in from.owners(item) {
                                let word = this.word(name);
                                this.made.owners.push(word);
                            }
                        },
                    );
                    this.made.items.push(BriefItem { owners, ..item.clone() });
                }
            },
        );
        let said = [Said::Factors, Said::WentPoorly, Said::GotLucky].map(|what| {
            brief.said[what as usize].map(|_| {
                self.range(
                    |this| &this.stems,
                    |this| {
                        for stem in from.stems(brief, what) {
                            let word = if *stem == NONE { NONE } else { this.word(from.word(*stem)) };
                            this.made.stems.push(word);
                        }
                    },
                )
            })
        });
        self.made.all.push(Brief { id, services, items, said, ..brief.clone() });
    }

    /// The block.
    pub fn finish(self) -> Briefs {
        self.made
    }

    fn item(&mut self, item: &ActionRecord) {
        let owners = self.range(
            |this| &this.owners,
            |this| {
                for name in &item.owners {
                    let word = this.word(name);
                    this.made.owners.push(word);
                }
            },
        );
        let ActionRecord { priority, status, status_date, due, .. } = *item;
        self.made.items.push(BriefItem { priority, status, status_date, due, owners });
    }

    /// The range of what `add` adds to a list.
    fn range<T>(&mut self, list: impl Fn(&Briefs) -> &Vec<T>, add: impl FnOnce(&mut Self)) -> (u32, u32) {
        let start = list(&self.made).len();
        add(self);
        let Range { start, end } = start..list(&self.made).len();
        (start as u32, (end - start) as u32)
    }

    fn word(&mut self, word: &str) -> u32 {
        if let Some(known) = self.known.get(word) {
            return *known;
        }
        self.made.text.push_str(word);
        self.made.ends.push(self.made.text.len() as u32);
        let number = self.made.ends.len() as u32;
        self.known.insert(word.to_owned(), number);
        number
    }
}

/// An instant as seconds and what is beyond them.
mod instant {
    use jiff::Timestamp;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref, reason = "how `serde` calls it")]
    pub(super) fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        at.map(|at| (at.as_second(), at.subsec_nanosecond())).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let Some((second, beyond)) = Option::<(i64, i32)>::deserialize(deserializer)? else {
            return Ok(None);
        };
        Timestamp::new(second, beyond).map(Some).map_err(D::Error::custom)
    }
}
