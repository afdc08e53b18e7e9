//! The studio step: its types, its model, its build, and its stories told in Chromium: from a plain file server, and from
//! the service, whose headers are stricter.

use crate::service::{self, Service};
use crate::test::Outcome;
use crate::{install, package, shell, studio};

/// A story that needs the page, its worker, the engine and the sample.
const SERVED: &str = "chats with the museum guide";

/// Builds the package of the engine and the studio on it, and tries the studio.
pub(crate) fn studio() -> Result<Outcome, String> {
    let ready = studio::ready().and_then(|()| install::chromium());
    let chromium = match ready {
        Ok(chromium) => chromium.display().to_string(),
        Err(why) => return Ok(Outcome::skipped(why)),
    };
    studio::build()?;
    studio::script("check", &[])?;
    studio::script("test", &[])?;
    let chromium = ("CHROMIUM", chromium.as_str());
    let program = service::build()?.display().to_string();
    let mut variables = vec![chromium, ("CHATFLOW", program.as_str())];
    let recordings = package::recordings();
    let mut outcome = Outcome::whole();
    let named = recordings.display().to_string();
    if recordings.is_file() {
        variables.push(("RECORDINGS", named.as_str()));
    } else {
        outcome.skips.push("the `wasm` step has not recorded any calls yet".to_owned());
    }
    studio::script("e2e", &variables)?;
    let service = Service::start_fresh(&shell::target_folder().join("studio"))?;
    let address = format!("{}/studio/", service.address());
    studio::script("e2e", &[chromium, ("STUDIO", &address), ("STORY", SERVED)])?;
    Ok(outcome)
}
