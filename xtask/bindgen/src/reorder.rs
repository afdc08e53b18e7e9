//! Gives the functions of a module an order in which it packs well (ADR 0040); what they do stays the same.

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload, TypeRef,
};

use crate::alike;

type Failed = Error<std::convert::Infallible>;

/// The module with its functions in another order.
pub(crate) fn reorder(module: &[u8]) -> Result<Vec<u8>, Failed> {
    let (mut imports, mut bodies) = (0_u32, Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let Payload::CodeSectionEntry(body) = payload {
            bodies.push(body.as_bytes());
        } else if let Payload::ImportSection(section) = payload {
            for import in section.into_imports() {
                let is_function = matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
                imports = imports.saturating_add(u32::from(is_function));
            }
        }
    }
    let order = alike::order(&bodies);
    let mut indices = vec![0; order.len()];
    for (index, place) in (imports..).zip(&order) {
        if let Some(moved) = indices.get_mut(*place) {
            *moved = index;
        }
    }
    let mut reordered = Module::new();
    Reorder { imports, order, indices }.parse_core_module(
        &mut reordered,
        Parser::new(0),
        module,
    )?;
    Ok(reordered.finish())
}

struct Reorder {
    /// Imported functions come first and stay where they are.
    imports: u32,
    /// Which function comes first, second and so on.
    order: Vec<usize>,
    /// The new index of each.
    indices: Vec<u32>,
}

impl Reencode for Reorder {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, index: u32) -> Result<u32, Failed> {
        let place = index.checked_sub(self.imports).and_then(|place| usize::try_from(place).ok());
        Ok(place.and_then(|place| self.indices.get(place)).copied().unwrap_or(index))
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Failed> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for kind in self.order.iter().filter_map(|place| types.get(*place)) {
            functions.function(*kind);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Failed> {
        let bodies = section.into_iter().collect::<Result<Vec<FunctionBody<'_>>, _>>()?;
        for place in self.order.clone() {
            if let Some(body) = bodies.get(place) {
                self.parse_function_body(code, body.clone())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "small numbers of a test")]
mod tests {
    use wasm_encoder::{
        CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection,
        ImportSection, Module, TypeSection, ValType,
    };
    use wasmparser::{Operator, Parser, Payload, Validator};

    use super::reorder;

    /// One import, and functions of which each has a type of its own and calls the import and the next one.
    fn module(lengths: &[usize]) -> Vec<u8> {
        let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
        let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
        let mut exports = ExportSection::new();
        types.ty().function([], []);
        imports.import("host", "tell", EntityType::Function(0));
        for (place, length) in (0_u32..).zip(lengths) {
            let parameters = vec![ValType::I32; place as usize + 1];
            types.ty().function(parameters, []);
            functions.function(place + 1);
            let mut function = Function::new([]);
            let mut sink = function.instructions();
            sink.call(0);
            for _ in 0..*length {
                sink.i32_const(i32::try_from(place).unwrap_or(0)).drop();
            }
            let next = (place + 1) % u32::try_from(lengths.len()).unwrap_or(1);
            for _ in 0..=next {
                sink.i32_const(0);
            }
            sink.call(next + 1).end();
            code.function(&function);
            exports.export(&format!("f{place}"), ExportKind::Func, place + 1);
        }
        let mut module = Module::new();
        module.section(&types).section(&imports).section(&functions).section(&exports);
        module.section(&code);
        module.finish()
    }

    #[test]
    fn calls_exports_and_types_follow_the_functions() {
        let before = module(&[5, 900, 7, 4000, 1]);
        let after = reorder(&before).expect("it can be read");
        // Each function has another number of parameters: a wrong index would not be valid.
        Validator::new().validate_all(&after).expect("it is valid");
        let (mut exported, mut first) = (Vec::new(), Vec::new());
        for payload in Parser::new(0).parse_all(&after) {
            let payload = payload.expect("it can be read");
            if let Payload::ExportSection(section) = payload {
                let indices =
                    section.into_iter().map(|export| export.expect("it can be read").index);
                exported.extend(indices);
            } else if let Payload::CodeSectionEntry(body) = payload {
                let operator = body.get_operators_reader().and_then(|mut reader| reader.read());
                first.push(matches!(operator, Ok(Operator::Call { function_index: 0 })));
            }
        }
        assert_ne!(exported, [1, 2, 3, 4, 5], "the longest is not the first");
        assert_eq!(exported.get(3), Some(&1));
        assert_eq!(first, [true; 5], "an import was renumbered");
    }

    #[test]
    fn what_is_no_module_is_refused() {
        assert!(reorder(b"no module").is_err());
    }
}
