//! Function tokens: who may call this function.
//!
//! Owns the verdict on a request's token and the task that keeps the issuer's keys fresh. May know the request's headers and the issuer. Refuses to log a
//! token or a part of one, and to answer: a denial is a [`Failure`].

mod keys;
mod permission;
mod refresh;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::sync::{Notify, watch};
use tracing::info;

use self::keys::KeySet;
use self::refresh::{Pace, State};
use self::token::{Claims, Token};
use crate::config;
use crate::failure::Failure;
use crate::task::{self, Owned};

/// Tells the function how long the check took.
const AUTH_SECONDS: HeaderName = HeaderName::from_static("x-auth-seconds");

/// Checks tokens against the keys of one issuer.
#[derive(Debug)]
pub struct Auth {
    config: config::Auth,
    pace: Pace,
    state: watch::Receiver<State>,
    /// Told when a token names a key that is not known.
    wanted: Arc<Notify>,
    _refresh: Owned<()>,
}

impl Auth {
    /// Starts to fetch the keys. Until they are there no request passes.
    pub fn start(config: config::Auth) -> Self {
        Self::at_pace(config, Pace::USUAL)
    }

    fn at_pace(config: config::Auth, pace: Pace) -> Self {
        let (sender, state) = watch::channel(State::default());
        let wanted = Arc::new(Notify::new());
        let refresh = refresh::keep_fresh(config.clone(), pace, sender, Arc::clone(&wanted));
        Self {
            config,
            pace,
            state,
            wanted,
            _refresh: task::spawn(refresh),
        }
    }

    /// The issuer's keys are known.
    pub fn is_ready(&self) -> bool {
        self.state.borrow().keys.is_some()
    }

    /// Whether the caller may call this function. Waits, briefly, only where a token names a key that is new.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] before the keys are there, [`Failure::Token`] without a valid token, [`Failure::Permission`] with one for something else.
    pub async fn check(&self, headers: &HeaderMap) -> Result<(), Failure> {
        let Some(keys) = self.keys() else {
            return Err(Failure::Unavailable(
                "the keys of the token issuer are not known yet",
            ));
        };
        let bearer = bearer(headers).ok_or_else(absent)?;
        let claims = self
            .claims(bearer, keys)
            .await
            .map_err(|why| Failure::Token(format!("failed to parse JWT token: {why}")))?;
        if claims.function.allows(&self.config.function) {
            Ok(())
        } else {
            Err(Failure::Permission)
        }
    }

    async fn claims(&self, bearer: &str, keys: Arc<KeySet>) -> Result<Claims, String> {
        let token = Token::parse(bearer)?;
        if self.config.debug {
            show(&token, &keys);
        }
        if let Some(key) = keys.find(&token.kid) {
            return token.verify(key);
        }
        let newer = self.newer_keys().await;
        match newer.as_deref().and_then(|keys| keys.find(&token.kid)) {
            Some(key) => token.verify(key),
            None => Err(token.unknown_key()),
        }
    }

    fn keys(&self) -> Option<Arc<KeySet>> {
        self.state.borrow().keys.clone()
    }

    /// Keys fetched because of this request; none where they were fetched a moment ago.
    async fn newer_keys(&self) -> Option<Arc<KeySet>> {
        let mut state = self.state.clone();
        let fresh = state.borrow_and_update().is_within(self.pace.gap);
        self.wanted.notify_one();
        if fresh {
            return None;
        }
        tokio::time::timeout(self.pace.patience, state.changed())
            .await
            .ok()?
            .ok()?;
        state.borrow().keys.clone()
    }
}

/// What the token says of itself, before anything is known to be true.
fn show(token: &Token, keys: &KeySet) {
    for kid in keys.names() {
        info!("{}: {kid}", keys.issuer());
    }
    let (audience, issuer) = token.claimed();
    info!("[JWT Auth] Token: audience: {audience:?}\tissuer: {issuer:?}");
}

/// Puts the time a check took into the request, in place of what the client may have put there.
pub fn stamp(headers: &mut HeaderMap, took: Duration) {
    if let Ok(seconds) = HeaderValue::try_from(format!("{:.6}", took.as_secs_f64())) {
        headers.insert(AUTH_SECONDS, seconds);
    }
}

/// The one token of a request. Of two, the function might believe the other.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("Bearer") && !token.is_empty()).then_some(token)
}

fn absent() -> Failure {
    Failure::Token("Bearer must be present in Authorization header".to_owned())
}
