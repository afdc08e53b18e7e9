//! Declares a role: the blocking trait, its async twin, [`Blocking`](crate::Blocking) and
//! [`Waiting`](crate::Waiting) between them, and the twin that [`AnyStore`](crate::AnyStore) calls, from
//! one list of methods, so that they cannot drift apart.

macro_rules! role {
    (
        $(#[$doc:meta])*
        $role:ident, async $twin:ident $(, dyn $erased:ident)? {
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

        $crate::role::erased! { ($($erased)?) $twin { $(fn $method(&self $(, $arg: $kind)*) -> $out;)* } }
    };
}

/// The twin that [`AnyStore`](crate::AnyStore) calls: its futures are boxed, so that a store of any kind
/// stands behind it.
macro_rules! erased {
    (() $($rest:tt)*) => {};
    (
        ($erased:ident) $twin:ident {
            $(fn $method:ident(&self $(, $arg:ident: $kind:ty)*) -> $out:ty;)*
        }
    ) => {
        #[async_trait::async_trait]
        pub(crate) trait $erased: Send + Sync {
            $(
                async fn $method(&self $(, $arg: $kind)*) -> $out;
            )*
        }

        #[async_trait::async_trait]
        impl<S: $twin + Send> $erased for S {
            $(
                async fn $method(&self $(, $arg: $kind)*) -> $out {
                    $twin::$method(self $(, $arg)*).await
                }
            )*
        }

        impl $twin for $crate::AnyStore {
            $(
                async fn $method(&self $(, $arg: $kind)*) -> $out {
                    $erased::$method(self.erased() $(, $arg)*).await
                }
            )*
        }
    };
}

pub(crate) use {erased, role};
