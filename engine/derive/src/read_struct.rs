//! Structs, and the fields of variants.

use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Error, Fields, FieldsNamed, Ident, Result};

use crate::attributes::{Absent, Attributes};

pub(crate) fn body(name: &Ident, attributes: &Attributes, fields: &Fields) -> Result<Tokens> {
    match fields {
        Fields::Named(fields) if attributes.transparent => {
            let field = fields.named.first().and_then(|field| field.ident.as_ref());
            Ok(
                quote!(crate::from_json::FromJson::from_json(value).map(|inner| Self { #field: inner })),
            )
        }
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            Ok(quote!(crate::from_json::FromJson::from_json(value).map(Self)))
        }
        Fields::Named(fields) => {
            let what = format!("struct {name}");
            let read = read_named(&quote!(Self), fields, attributes)?;
            Ok(quote! {
                let mut fields = crate::from_json::Fields::of(value, #what)?;
                #read
            })
        }
        Fields::Unnamed(_) | Fields::Unit => {
            Err(Error::new_spanned(name, "FromJson reads named fields or one without a name"))
        }
    }
}

/// An expression that makes `what` of the variable `fields`.
pub(crate) fn read_named(
    what: &Tokens,
    fields: &FieldsNamed,
    container: &Attributes,
) -> Result<Tokens> {
    let by_default = matches!(container.absent, Absent::Default);
    let (mut own, mut flat) = (Vec::new(), Vec::new());
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        let attributes = Attributes::read(&field.attrs)?;
        let key = attributes.name(&ident.unraw().to_string(), None);
        if attributes.flatten {
            flat.push(quote!(#ident: crate::from_json::FromJson::from_json(fields.rest())?));
        } else if attributes.skip {
            own.push(quote!(#ident: ::core::default::Default::default()));
        } else {
            own.push(match &attributes.absent {
                Absent::Call(path) => quote!(#ident: fields.take_or(#key, #path)?),
                Absent::Default => {
                    quote!(#ident: fields.take_or(#key, ::core::default::Default::default)?)
                }
                Absent::ByType if by_default => {
                    quote!(#ident: fields.take_or(#key, || usual.#ident)?)
                }
                Absent::ByType => quote!(#ident: fields.take(#key)?),
            });
        }
    }
    let usual =
        by_default.then(|| quote!(let usual = <Self as ::core::default::Default>::default();));
    // What is flattened takes what the others leave.
    Ok(quote! {
        #usual
        ::core::result::Result::Ok(#what { #(#own,)* #(#flat,)* })
    })
}
