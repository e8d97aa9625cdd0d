//! What a transaction counted, to be taken back if it does not commit.

use std::sync::{Mutex, PoisonError};

use contract::{Phone, TenantId};

use crate::app::App;
use crate::recent::Sent;

#[derive(Default)]
pub struct Counted(Mutex<Vec<(Sent, Vec<Phone>)>>);

impl Counted {
    pub fn note(&self, about: Sent, phones: Vec<Phone>) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.push((about, phones));
    }

    pub fn release(&self, app: &App, tenant: TenantId) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (about, phones) in noted.drain(..) {
            app.counts.release(tenant, phones.into_iter(), about);
        }
    }
}
