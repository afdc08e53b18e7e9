//! Declares a role: the blocking trait, its async twin, [`Blocking`](crate::Blocking) and
//! [`Waiting`](crate::Waiting) between them, from one list of methods, so that the twins cannot
//! drift apart.

macro_rules! role {
    (
        $(#[$doc:meta])*
        $role:ident, async $twin:ident {
            $(
                $(#[$method_doc:meta])*
                fn $method:ident(&self $(, $arg:ident: $kind:ty)*) -> $out:ty;
            )*
        }
    ) => {
        $(#[$doc])*
        pub trait $role {
            $(
                $(#[$method_doc])*
                fn $method(&self $(, $arg: $kind)*) -> $out;
            )*
        }

        #[doc = concat!("The async twin of [`", stringify!($role), "`].")]
        pub trait $twin: Sync {
            $(
                $(#[$method_doc])*
                fn $method(&self $(, $arg: $kind)*) -> impl Future<Output = $out> + Send;
            )*
        }

        impl<S: $role + Sync> $twin for $crate::Blocking<S> {
            $(
                fn $method(&self $(, $arg: $kind)*) -> impl Future<Output = $out> + Send {
                    std::future::ready(self.0.$method($($arg),*))
                }
            )*
        }

        impl<S: $twin, R: $crate::BlockOn> $role for $crate::Waiting<S, R> {
            $(
                fn $method(&self $(, $arg: $kind)*) -> $out {
                    self.runtime.block_on(self.store.$method($($arg),*))
                }
            )*
        }
    };
}

pub(crate) use role;
