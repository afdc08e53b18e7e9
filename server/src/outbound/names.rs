//! Looking up hosts, so that what was checked is what is connected to (R8.32).

use std::error::Error;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::rules::EgressRules;

/// Looks up the addresses of hosts.
#[async_trait]
pub trait NameLookup: fmt::Debug + Send + Sync {
    /// All addresses of a host.
    ///
    /// # Errors
    /// If there are none, or nobody can tell.
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// Looks up hosts as the system does.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemNames;

#[async_trait]
impl NameLookup for SystemNames {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let found = tokio::net::lookup_host((host, 0)).await?;
        Ok(found.map(|address| address.ip()).collect())
    }
}

/// A host has an address that may not be reached.
#[derive(Debug)]
pub(super) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the host has an address that is not a public one")
    }
}

impl Error for Refused {}

/// Hands out checked addresses only. The connection is made to what is handed out.
#[derive(Clone, Debug)]
pub(super) struct CheckedNames {
    pub(super) names: Arc<dyn NameLookup>,
    pub(super) rules: Arc<EgressRules>,
}

impl CheckedNames {
    async fn checked(&self, host: &str) -> Result<Addrs, Box<dyn Error + Send + Sync>> {
        let found = self.names.addresses(host).await?;
        // All of them: one that is private beside a public one is how a name is bent.
        if !found.iter().all(|ip| self.rules.allows(host, *ip)) {
            return Err(Box::new(Refused));
        }
        if found.is_empty() {
            return Err(Box::new(io::Error::from(io::ErrorKind::NotFound)));
        }
        Ok(Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0))))
    }
}

impl Resolve for CheckedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let this = self.clone();
        Box::pin(async move { this.checked(&name.as_str().to_ascii_lowercase()).await })
    }
}
