//! The browser step: the chat's modules are type-checked, and the chat is talked to in Chromium.

use std::path::PathBuf;
use std::process::Command;

use crate::test::Outcome;
use crate::{install, shell};

/// What drives the browser, judges its pages, and checks the types of the modules.
const PACKAGES: [&str; 3] = ["playwright-core@1.65.1", "axe-core@4.14.1", "typescript@7.0.2"];

/// Checks the types, builds the server and talks to it. The browser is Debian's; none is downloaded.
pub(crate) fn browser() -> Result<Outcome, String> {
    let ready = install::ensure("node", "nodejs")
        .and_then(|()| install::ensure("npm", "npm"))
        .and_then(|()| install::chromium());
    let (chromium, folder) = match ready.and_then(|chromium| Ok((chromium, packages()?))) {
        Ok(ready) => ready,
        Err(why) => return Ok(Outcome::skipped(why)),
    };
    let types = folder.join("node_modules/typescript/bin/tsc");
    shell::run(
        shell::program("node").arg(types).args(["--project", "web-demo/widget/tsconfig.json"]),
    )?;
    let words = ["build", "--locked", "--package", "chatflow-server", "--bin", "chatflow"];
    let target = shell::target_folder();
    shell::run(shell::cargo(&words).arg("--target-dir").arg(&target))?;
    let mut talk = shell::program("node");
    talk.arg("tests/browser/run.mjs").arg(target.join("debug/chatflow"));
    talk.args([&folder, &folder.join("pictures")]).env("CHROMIUM", chromium);
    shell::run(&mut talk)?;
    Ok(Outcome::whole())
}

/// Installs the packages into the build folder, once for each of their versions.
fn packages() -> Result<PathBuf, String> {
    let folder = shell::target_folder().join("browser");
    let (mark, wanted) = (folder.join("installed"), PACKAGES.join(" "));
    if std::fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    let written = std::fs::create_dir_all(&folder)
        // Without it npm would install into the next folder above that has one.
        .and_then(|()| std::fs::write(folder.join("package.json"), "{\"private\": true}\n"));
    written.map_err(|error| format!("cannot write to {}: {error}", folder.display()))?;
    let mut npm = Command::new("npm");
    npm.current_dir(&folder).args(["install", "--no-audit", "--no-fund", "--save-exact"]);
    shell::run(npm.args(PACKAGES)).map_err(|why| format!("{wanted} cannot be installed: {why}"))?;
    std::fs::write(&mark, &wanted)
        .map_err(|error| format!("cannot write {}: {error}", mark.display()))?;
    Ok(folder)
}
