//! Enums: by name alone, inside their tag's object, beside their tag, or under their name.

use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Error, Fields, Ident, Result, Token, Variant};

use crate::attributes::Attributes;
use crate::read_struct::read_named;

pub(crate) fn body(
    name: &Ident,
    attributes: &Attributes,
    variants: &Punctuated<Variant, Token![,]>,
) -> Result<Tokens> {
    let (mut names, mut arms) = (Vec::new(), Vec::new());
    for variant in variants {
        let own = Attributes::read(&variant.attrs)?;
        let called = own.name(&variant.ident.to_string(), attributes.rename_all.as_deref());
        let spellings: Vec<&String> = std::iter::once(&called).chain(&own.aliases).collect();
        let read = variant_of(variant, attributes)?;
        arms.push(quote!(#(#spellings)|* => { #read }));
        names.push(called.clone());
        names.extend(own.aliases.iter().cloned());
    }
    let what = format!("enum {name}");
    let split = match (&attributes.tag, &attributes.content) {
        (None, _) => quote!(crate::from_json::variant(value, #what)?),
        (Some(tag), None) => quote!(crate::from_json::tagged(value, #tag, #what)?),
        (Some(tag), Some(content)) => {
            quote!(crate::from_json::beside(value, #tag, #content, #what)?)
        }
    };
    Ok(quote! {
        let (name, value) = #split;
        match name.as_str() {
            #(#arms)*
            _ => ::core::result::Result::Err(crate::from_json::unknown(&name, &[#(#names),*])),
        }
    })
}

/// Reads a variant from `value`, in which there is no more tag.
fn variant_of(variant: &Variant, attributes: &Attributes) -> Result<Tokens> {
    let ident = &variant.ident;
    match &variant.fields {
        Fields::Unit => Ok(quote! {
            ::core::mem::drop(value);
            ::core::result::Result::Ok(Self::#ident)
        }),
        Fields::Unnamed(fields) if fields.unnamed.len() == 1 => {
            Ok(quote!(crate::from_json::FromJson::from_json(value).map(Self::#ident)))
        }
        Fields::Named(fields) => {
            let what = format!("variant {ident}");
            let read = read_named(&quote!(Self::#ident), fields, attributes)?;
            Ok(quote! {
                let mut fields = crate::from_json::Fields::of(value, #what)?;
                #read
            })
        }
        Fields::Unnamed(_) => {
            Err(Error::new_spanned(ident, "FromJson reads one field without a name"))
        }
    }
}
