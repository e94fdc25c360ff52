//! What is left of the quotas, refilled to this moment, and what of a draft they have room for.
//!
//! The reckoning is `chat::quota`'s, with what the gate of each profile last told of itself; nothing here waits.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use super::Model;
use crate::chat::{
    Bucket, Unit, Variant,
    quota::{Allowance, Demand, Gauge, Place, View, When, WhenFull},
    seconds_left,
};

/// What a gate last told of a model's quotas.
#[derive(Clone, Debug, PartialEq)]
struct Told {
    view: View,
    /// When that came, on the monotonic clock.
    came: Duration,
}

/// The quotas of all models that were asked, by profile and model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quotas(BTreeMap<(String, String), Told>);

impl Quotas {
    /// Takes a view that has just come, unless a later one came before it.
    pub(super) fn hear(&mut self, variant: &Variant, view: View, now: Duration) {
        let key = (variant.profile.clone(), variant.model.clone());
        let is_late = |told: &Told| told.view.number > view.number;
        if !self.0.get(&key).is_some_and(is_late) {
            self.0.insert(key, Told { view, came: now });
        }
    }

    /// Knows nothing of a profile any more, which leads to another place.
    pub(super) fn forget(&mut self, profile: &str) {
        self.0.retain(|(of, _), _| of != profile);
    }
}

/// What would become of the requests that a draft makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// The requests, those of one model together.
    pub places: Vec<Place>,
    /// What happens to those that do not fit.
    pub when_full: WhenFull,
    /// Something is known of their quotas.
    pub is_known: bool,
    /// Tokens that are left, where all requests share one bucket and it is known.
    pub left: Option<u64>,
    /// How long a 429 still holds some of them back, whatever is left.
    pub refused: Option<Duration>,
}

impl Forecast {
    /// Tokens that all requests together want to reserve.
    pub fn reserved(&self) -> u64 {
        let wanted = self.places.iter().map(|p| p.wanted);
        wanted.fold(0, u64::saturating_add)
    }

    /// How many fit at once as they are.
    pub fn fit(&self) -> usize {
        self.places.iter().filter(|p| p.fits()).count()
    }

    /// How many are larger than a whole quota.
    pub fn never(&self) -> usize {
        let never = self.places.iter().filter(|p| p.when == When::Never);
        never.count()
    }

    /// How many go at once with fewer tokens, and how many the least of them may have.
    pub fn shrunk(&self) -> Option<(usize, u64)> {
        let shrunk = || {
            let now = self.places.iter().filter(|p| p.when == When::Now);
            now.filter(|p| p.granted < p.wanted)
        };
        Some((shrunk().count(), shrunk().map(|p| p.granted).min()?))
    }

    /// How many fit later, and after how long the last of them does, if that is known.
    pub fn later(&self) -> Option<(usize, Option<Duration>)> {
        let waits: Vec<Option<Duration>> = self
            .places
            .iter()
            .filter_map(|place| match place.when {
                When::In(wait) => Some(Some(wait)),
                When::AfterOthers => Some(None),
                When::Now | When::Never => None,
            })
            .collect();
        let last = waits.iter().copied().collect::<Option<Vec<_>>>();
        (!waits.is_empty()).then(|| (waits.len(), last.and_then(|w| w.into_iter().max())))
    }
}

impl Model {
    /// What happens to a request of a profile that the quota has no room for: as was last chosen, else as is set.
    pub fn when_full(&self, profile: &str) -> WhenFull {
        let set = || self.profile(profile).map(|p| p.when_full);
        self.quota.or_else(set).unwrap_or_default()
    }

    /// What is left of the quota that `variant`'s model has: this minute, unless less is left of an hour's or a day's.
    pub fn gauge(&self, variant: &Variant, unit: Unit) -> Option<Gauge> {
        let gauges = self.gauges_of(variant, unit);
        gauges.into_iter().min_by_key(|g| (g.left, g.bucket as u8))
    }

    /// The same for each period that is worth a look: the minute, and of longer ones those that are half empty or have
    /// less left; all of them where no minute is known.
    pub fn gauges(&self, variant: &Variant, unit: Unit) -> Vec<Gauge> {
        let mut gauges = self.gauges_of(variant, unit);
        let minute = gauges.iter().find(|g| g.bucket == Bucket::Minute).copied();
        let Some(minute) = minute else {
            return gauges;
        };
        gauges.retain(|g| *g == minute || g.left < minute.left || g.left < g.limit / 2);
        gauges
    }

    /// Whether nothing is known of these quotas because the server says what cannot be true.
    pub fn is_odd_quota(&self, variant: &Variant, unit: Unit) -> bool {
        self.view_of(variant).0.is_odd(unit) && self.gauges_of(variant, unit).is_empty()
    }

    /// Of each period the emptiest, shortest first.
    fn gauges_of(&self, variant: &Variant, unit: Unit) -> Vec<Gauge> {
        let (view, now) = self.view_of(variant);
        let gauges: Vec<_> = view.gauges(now).filter(|g| g.unit == unit).collect();
        let emptiest = [Bucket::Minute, Bucket::Hour, Bucket::Day].map(|bucket| {
            let of = gauges
                .iter()
                .filter(|g| g.bucket == bucket && !g.is_endless());
            of.min_by_key(|g| g.left).copied()
        });
        emptiest.into_iter().flatten().collect()
    }

    /// What would become of these requests.
    pub(super) fn forecast(&self, requests: &[(&Variant, Demand)]) -> Forecast {
        let mut lanes: Vec<(&Variant, Vec<Demand>)> = Vec::new();
        for (variant, demand) in requests {
            let same = |(v, _): &&mut (&Variant, _)| {
                v.profile == variant.profile && v.model == variant.model
            };
            match lanes.iter_mut().find(same) {
                Some((_, demands)) => demands.push(*demand),
                None => lanes.push((variant, vec![*demand])),
            }
        }
        let mut forecast = Forecast {
            places: Vec::new(),
            when_full: WhenFull::default(),
            is_known: false,
            left: None,
            refused: None,
        };
        let is_one = lanes.len() == 1;
        for (variant, demands) in lanes {
            let (view, now) = self.view_of(variant);
            let places = view.plan(&demands, now);
            forecast.refused = forecast.refused.max(view.refused(now));
            let known = || view.gauges(now).filter(|g| !g.is_endless());
            forecast.is_known |= known().next().is_some();
            let tokens = known().filter(|g| g.unit == Unit::Tokens);
            forecast.left = tokens.map(|g| g.left).min().filter(|_| is_one);
            // Of several settings the one counts that something comes of.
            let decides = forecast.places.is_empty() || places.iter().any(|p| !p.fits());
            if let Some(first) = demands.first().filter(|_| decides) {
                forecast.when_full = first.when_full;
            }
            forecast.places.extend(places);
        }
        forecast
    }

    /// When what is left next looks different, while that is shown: at most once a second.
    pub(super) fn next_quota_tick(&self) -> Option<Duration> {
        let now = self.now.mono;
        let forecast = self.estimate(&self.targets()).map(|e| e.forecast);
        let wait = forecast.and_then(|f| f.later()?.1);
        let is_refilling = || {
            let variant = &self.pane().variant;
            let gauges = [Unit::Tokens, Unit::Requests].map(|unit| self.gauge(variant, unit));
            gauges.into_iter().flatten().any(|g| g.left < g.limit)
        };
        let waits = wait.into_iter().chain(self.until_it_works_again());
        // The moment at which one second less is left.
        let countdown = waits.map(|wait| {
            let next = Duration::from_secs(seconds_left(wait).saturating_sub(1));
            now.saturating_add(wait.saturating_sub(next))
        });
        let next = countdown.min();
        next.or_else(|| is_refilling().then(|| Duration::from_secs(now.as_secs() + 1)))
    }

    /// How long the failures on screen still say that it takes until it works again.
    fn until_it_works_again(&self) -> impl Iterator<Item = Duration> {
        self.panes.iter().filter_map(|pane| {
            let answer = self.last_answer(pane)?;
            let again = answer.end()?.state.failure()?.again?;
            let passed = self.now.mono.saturating_sub(answer.since);
            again.checked_sub(passed).filter(|left| !left.is_zero())
        })
    }

    /// What is known of the quotas of a variant's model, and what time it is there.
    fn view_of(&self, variant: &Variant) -> (Cow<'_, View>, Duration) {
        let variant = self.asked_variant(variant);
        let key = (variant.profile.clone(), variant.model.clone());
        if let Some(Told { view, came }) = self.quotas.0.get(&key) {
            let passed = self.now.mono.saturating_sub(*came);
            return (Cow::Borrowed(view), view.at.saturating_add(passed));
        }
        let profile = self.profile(&variant.profile);
        let fresh = profile.map(|p| View::fresh(&p.allowance, &variant.model));
        let view = fresh.unwrap_or_else(|| View::fresh(&Allowance::default(), &variant.model));
        (Cow::Owned(view), Duration::ZERO)
    }
}
