//! Writes the JavaScript package of a WebAssembly module: `xtask-bindgen TARGET MODULE FOLDER`.

#![expect(clippy::print_stderr, reason = "a command-line program talks to its terminal")]

mod alike;
mod reorder;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.as_slice() {
        [target, module, folder] => bind(target, module, folder),
        _ => Err("usage: xtask-bindgen nodejs|web|bundler MODULE FOLDER".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn bind(target: &str, module: &str, folder: &str) -> Result<(), String> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("chatflow").typescript(true).remove_name_section(true);
    let chosen = match target {
        "nodejs" => bindgen.nodejs(true),
        // Its callers say where the module is.
        "web" => bindgen.omit_default_module_path(true).web(true),
        "bundler" => bindgen.bundler(true),
        _ => return Err(format!("no target `{target}`: nodejs, web or bundler")),
    };
    chosen
        .and_then(|bindgen| bindgen.generate(folder))
        .map_err(|error| format!("cannot bind {module}: {error:#}"))?;
    let bound = Path::new(folder).join("chatflow_bg.wasm");
    let told = |error: &dyn Error| format!("cannot reorder {}: {error}", bound.display());
    let bytes = fs::read(&bound).map_err(|error| told(&error))?;
    let bytes = reorder::reorder(&bytes).map_err(|error| told(&error))?;
    fs::write(&bound, bytes).map_err(|error| told(&error))
}
