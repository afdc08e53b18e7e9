//! The `serde` attributes that say how a type looks in JSON.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Expr, LitStr, Path, Result, Type};

/// What stands in for a key that is missing.
pub(crate) enum Absent {
    /// What the type itself says: an option may be missing, anything else may not.
    ByType,
    Default,
    Call(Path),
}

/// Those of a type, a variant or a field.
pub(crate) struct Attributes {
    pub(crate) rename: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) rename_all: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) content: Option<String>,
    pub(crate) from: Option<Type>,
    pub(crate) absent: Absent,
    pub(crate) flatten: bool,
    pub(crate) skip: bool,
    pub(crate) transparent: bool,
}

impl Attributes {
    pub(crate) fn read(all: &[Attribute]) -> Result<Self> {
        let mut read = Self {
            rename: None,
            aliases: Vec::new(),
            rename_all: None,
            tag: None,
            content: None,
            from: None,
            absent: Absent::ByType,
            flatten: false,
            skip: false,
            transparent: false,
        };
        for attribute in all.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            attribute.parse_nested_meta(|meta| read.take(&meta))?;
        }
        Ok(read)
    }

    fn take(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let name = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
        match name.as_str() {
            "rename" => self.rename = Some(text(meta)?),
            "alias" => self.aliases.push(text(meta)?),
            "rename_all" => self.rename_all = Some(text(meta)?),
            "tag" => self.tag = Some(text(meta)?),
            "content" => self.content = Some(text(meta)?),
            "from" => self.from = Some(meta.value()?.parse::<LitStr>()?.parse()?),
            "flatten" => self.flatten = true,
            "skip" => self.skip = true,
            "transparent" => self.transparent = true,
            "default" if meta.input.peek(syn::Token![=]) => {
                self.absent = Absent::Call(meta.value()?.parse::<LitStr>()?.parse()?);
            }
            "default" => self.absent = Absent::Default,
            // How it is written is another matter.
            "skip_serializing_if" | "into" => drop(meta.value()?.parse::<Expr>()?),
            _ => return Err(meta.error("not known to FromJson")),
        }
        Ok(())
    }

    /// What a field or variant is called in JSON, by its own attributes and the rule of what it is in.
    pub(crate) fn name(&self, ident: &str, rule: Option<&str>) -> String {
        match (&self.rename, rule) {
            (Some(name), _) => name.clone(),
            (None, Some("snake_case")) => snake_case(ident),
            (None, Some("lowercase")) => ident.to_lowercase(),
            (None, _) => ident.to_owned(),
        }
    }
}

fn text(meta: &ParseNestedMeta<'_>) -> Result<String> {
    Ok(meta.value()?.parse::<LitStr>()?.value())
}

fn snake_case(ident: &str) -> String {
    let mut name = String::new();
    for letter in ident.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.extend(letter.to_lowercase());
    }
    name
}
