//! The options of `chatflow serve` that say where requests of flows and events may go.

use std::path::PathBuf;
use std::sync::Arc;

use chatflow::AddressRules;
use clap::Args;

use super::exit;
use super::report::{tell, tell_error};
use crate::outbound::{EgressRules, Outbound, SecretBook};

#[derive(Debug, Args)]
#[command(next_help_heading = "Outgoing requests")]
pub(super) struct EgressArguments {
    /// Only these hosts may be reached, and they may be private; may be repeated.
    #[arg(long, value_name = "HOST", env = "FLOW_EGRESS__ALLOW_HOSTS", value_delimiter = ',')]
    egress_allow_host: Vec<String>,
    /// These hosts may not be reached; may be repeated.
    #[arg(long, value_name = "HOST", env = "FLOW_EGRESS__DENY_HOSTS", value_delimiter = ',')]
    egress_deny_host: Vec<String>,
    /// These ports may be reached beside 443 and 80; may be repeated.
    #[arg(long, value_name = "PORT", env = "FLOW_EGRESS__ALLOW_PORTS", value_delimiter = ',')]
    egress_allow_port: Vec<u16>,
    /// Plain `http` will do.
    #[arg(long, env = "FLOW_WEBHOOKS__ALLOW_HTTP")]
    egress_allow_http: bool,
    /// Certificates of authorities beside the public ones, as PEM.
    #[arg(long, value_name = "FILE", env = "FLOW_EGRESS__AUTHORITIES")]
    egress_authorities: Option<PathBuf>,
    /// This machine may be reached, by `http` and at any port; in development only.
    #[arg(long)]
    egress_allow_loopback: bool,
    /// No request of a flow leaves; only handlers answer.
    #[arg(long)]
    no_egress: bool,
    /// The secrets that requests may carry, each with the hosts it may go to.
    #[arg(long, value_name = "FILE", env = "FLOW_SECRETS__FILE")]
    secrets: Option<PathBuf>,
}

impl EgressArguments {
    /// The client; if it cannot be had, the reason has been told and the exit code is returned.
    pub(super) fn outbound(&self, development: bool) -> Result<Outbound, u8> {
        if self.egress_allow_loopback && !development {
            tell(
                "error: --egress-allow-loopback needs --env development (help: list private hosts with --egress-allow-host)",
            );
            return Err(exit::INPUT);
        }
        let lower = |hosts: &[String]| hosts.iter().map(|host| host.to_ascii_lowercase()).collect();
        let addresses = AddressRules {
            allow_http: self.egress_allow_http,
            allow_private: false,
            allowed_hosts: lower(&self.egress_allow_host),
            denied_hosts: lower(&self.egress_deny_host),
        };
        let ports = self.egress_allow_port.clone();
        let authorities = self.egress_authorities.as_ref().map(|path| super::open::text(path));
        let authorities = authorities.transpose()?.unwrap_or_default().into_bytes();
        let loopback = self.egress_allow_loopback;
        let rules = EgressRules { addresses, ports, authorities, loopback };
        let outbound = Outbound::new(rules).map_err(|error| {
            tell_error(&error);
            exit::HOST
        })?;
        let Some(path) = &self.secrets else { return Ok(outbound) };
        let book = SecretBook::open(path).map_err(|error| {
            tell_error(&error);
            exit::INPUT
        })?;
        Ok(outbound.with_secrets(Arc::new(book)))
    }

    /// Whether requests of flows leave.
    pub(super) const fn is_open(&self) -> bool {
        !self.no_egress
    }
}
