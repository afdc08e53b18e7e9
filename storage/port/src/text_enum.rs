//! Closed sets of labels, stored and sent as lower-case text (S1.11).

macro_rules! text_enum {
    (
        $(#[$doc:meta])*
        $name:ident { $( $(#[$label_doc:meta])* $label:ident = $text:literal, )* }
    ) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, serde::Deserialize, serde::Serialize,
        )]
        pub enum $name {
            $(
                $(#[$label_doc])*
                #[serde(rename = $text)]
                $label,
            )*
        }

        impl $name {
            /// The label.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$label => $text, )*
                }
            }

            /// Reads a label as it is stored; `None` if it is none.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $( $text => Some(Self::$label), )*
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use text_enum;
