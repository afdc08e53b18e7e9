//! `#[derive(FromJson)]`: reads a type from a JSON value, by the `serde` attributes that it has anyway.
//!
//! Serde's own derive makes a reader for each form of input, and buffers for tagged enums: a third
//! of a WebAssembly module (ADR 0033). This one makes one call of a shared function for each field.

mod attributes;
mod read_enum;
mod read_struct;

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{Data, DeriveInput, Error, Result, parse_macro_input};

use attributes::Attributes;

/// Reads the type from a JSON value as `Deserialize` reads it from JSON text.
#[proc_macro_derive(FromJson, attributes(serde))]
pub fn from_json(item: TokenStream) -> TokenStream {
    let input = parse_macro_input!(item as DeriveInput);
    implement(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

fn implement(input: &DeriveInput) -> Result<Tokens> {
    let attributes = Attributes::read(&input.attrs)?;
    let name = &input.ident;
    let body = match (&attributes.from, &input.data) {
        (Some(other), _) => quote! {
            <#other as crate::from_json::FromJson>::from_json(value).map(::core::convert::Into::into)
        },
        (None, Data::Struct(data)) => read_struct::body(name, &attributes, &data.fields)?,
        (None, Data::Enum(data)) => read_enum::body(name, &attributes, &data.variants)?,
        (None, Data::Union(_)) => return Err(Error::new_spanned(name, "unions have no JSON form")),
    };
    Ok(quote! {
        #[automatically_derived]
        impl crate::from_json::FromJson for #name {
            fn from_json(
                value: ::serde_json::Value,
            ) -> ::core::result::Result<Self, ::serde_json::Error> {
                #body
            }
        }
    })
}
