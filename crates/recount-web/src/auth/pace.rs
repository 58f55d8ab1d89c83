//! How fast somebody may try to sign in: by the address that they come from, and by the name that they try.
//!
//! What does not live here: what a try is (`pages::sign_in`).

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Tries from one address: so many at once, then one in so many seconds. People behind one router share it.
const BY_ADDRESS: (u32, Duration) = (20, Duration::from_secs(6));
/// Tries of one name. Whoever knows a name can use them up; sessions and tokens go on working.
const BY_NAME: (u32, Duration) = (10, Duration::from_secs(20));
/// When so many are remembered, those that have rested are forgotten.
const REMEMBERED: usize = 10_000;

/// Counts the tries to sign in.
pub(crate) struct Pace {
    by_address: DefaultKeyedRateLimiter<IpAddr>,
    by_name: DefaultKeyedRateLimiter<String>,
    clock: DefaultClock,
}

/// Too fast: when the next try is listened to.
pub(crate) struct Slower(pub(crate) Duration);

impl Pace {
    pub(crate) fn new() -> Self {
        Self {
            by_address: RateLimiter::keyed(quota(BY_ADDRESS)),
            by_name: RateLimiter::keyed(quota(BY_NAME)),
            clock: DefaultClock::default(),
        }
    }

    /// Counts a try.
    ///
    /// # Errors
    ///
    /// Where there were too many.
    pub(crate) fn count(&self, address: Option<IpAddr>, name: &str) -> Result<(), Slower> {
        if self.by_address.len() + self.by_name.len() > REMEMBERED {
            self.by_address.retain_recent();
            self.by_name.retain_recent();
        }
        let now = self.clock.now();
        if let Some(address) = address {
            let tried = self.by_address.check_key(&neighbourhood(address));
            tried.map_err(|until| Slower(until.wait_time_from(now)))?;
        }
        // A name longer than any account's is nobody's; it is not worth its memory.
        let name: String = name.chars().take(80).collect();
        self.by_name.check_key(&name).map_err(|until| Slower(until.wait_time_from(now)))
    }
}

fn quota((burst, each): (u32, Duration)) -> Quota {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    Quota::with_period(each).unwrap_or(Quota::per_minute(NonZeroU32::MIN)).allow_burst(burst)
}

/// Whoever has one address of version 6 has 2⁶⁴ of them.
pub(crate) fn neighbourhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) & !u128::from(u64::MAX)).into()),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_tried_only_so_often_and_others_are_free() {
        let pace = Pace::new();
        let tries = (0..50).filter(|_| pace.count(None, "ana").is_ok()).count();
        assert!((10..20).contains(&tries), "{tries}");
        assert!(pace.count(None, "bo").is_ok());
    }

    #[test]
    fn an_address_is_heard_only_so_often_and_version_6_by_its_network() {
        let pace = Pace::new();
        let from = |host: u16| Some(IpAddr::V6([0x2001, 0xdb8, 0, 1, 0, 0, 0, host].into()));
        let tries = (0..100).filter(|host| pace.count(from(*host), &host.to_string()).is_ok()).count();
        assert!((20..40).contains(&tries), "{tries}");
        assert!(pace.count(Some([192, 0, 2, 1].into()), "x").is_ok());
    }
}
