//! Programs and libraries from npm, in exact versions, installed below the build folder.

use std::path::Path;
use std::process::Command;

use crate::{install, shell};

/// Makes packages, given as `name@version`, available in `node_modules` of a folder.
///
/// # Errors
///
/// Why they are not there, in one line, for the step to skip with.
pub(crate) fn ensure(folder: &Path, packages: &[&str]) -> Result<(), String> {
    install::ensure_node()?;
    if packages.iter().all(|package| is_installed(folder, package)) {
        return Ok(());
    }
    install::ensure("npm", "npm")?;
    std::fs::create_dir_all(folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let mut npm = Command::new("npm");
    npm.current_dir(folder).args(["install", "--no-audit", "--no-fund", "--ignore-scripts"]);
    let list = packages.join(" ");
    shell::run(npm.args(packages)).map_err(|why| format!("{list} cannot be installed: {why}"))
}

fn is_installed(folder: &Path, package: &str) -> bool {
    let Some((name, version)) = package.rsplit_once('@') else { return false };
    let manifest = folder.join("node_modules").join(name).join("package.json");
    std::fs::read_to_string(manifest).is_ok_and(|text| has_version(&text, version))
}

fn has_version(manifest: &str, version: &str) -> bool {
    manifest.contains(&format!("\"version\": \"{version}\""))
}

#[cfg(test)]
mod tests {
    use super::has_version;

    #[test]
    fn another_version_is_not_the_one() {
        let manifest = "{\"name\": \"b\", \"version\": \"1.2.3\"}";
        assert!(has_version(manifest, "1.2.3"));
        assert!(!has_version(manifest, "1.2"));
    }
}
