//! What all data objects have in common (protocol reference, objects §8.1).

use std::time::SystemTime;

use serde::de::DeserializeOwned;

/// An object of a mapped file; see [`crate::File::objects`].
pub trait DataObject: DeserializeOwned {
    /// Id of the object type, as in [`crate::ServiceType::object_type`].
    const OBJECT_TYPE: u64;

    /// Id of the object: unique in the library.
    fn entity_id(&self) -> Option<&str>;

    /// Id of the account the object came from.
    fn account_entity_id(&self) -> Option<&str>;

    /// When the object came to be at its source, if it says so.
    fn created_at(&self) -> Option<SystemTime>;
}

/// A struct whose fields may all be missing, with everything else in `other`.
macro_rules! fields {
    (
        $(#[$doc:meta])*
        $name:ident { $($(#[$field_doc:meta])* $field:ident = $key:literal: $kind:ty,)+ }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[serde(
                    default,
                    rename = $key,
                    deserialize_with = "crate::objects::field::lenient",
                    skip_serializing_if = "Option::is_none"
                )]
                pub $field: Option<$kind>,
            )+
            /// Everything else, as sent.
            #[serde(flatten)]
            pub other: std::collections::BTreeMap<String, serde_json::Value>,
        }
    };
}

/// As [`fields`], for a whole object of a file.
macro_rules! data_object {
    (
        $(#[$doc:meta])*
        $name:ident($id:literal) { $($(#[$field_doc:meta])* $field:ident = $key:literal: $kind:ty,)* }
    ) => {
        crate::objects::data_object::fields! {
            $(#[$doc])*
            $name {
                /// Id of the object: unique in the library.
                entity_id = "entityid": String,
                /// Id of the account the object came from.
                account_entity_id = "accountentityid": String,
                /// Id at the source.
                id = "id": String,
                /// When the object came to be, in **milliseconds** since 1970.
                created_date = "createddate": i64,
                /// When it changed, in **milliseconds** since 1970.
                updated_date = "updateddate": i64,
                /// An internal reference.
                base_id = "baseid": String,
                /// The object this one belongs to.
                reference_entity_id = "referenceentityid": String,
                /// Object type of that object.
                reference_entity_type = "referenceentitytype": i64,
                $($(#[$field_doc])* $field = $key: $kind,)*
            }
        }

        impl $name {
            /// When the object came to be, if it says so and the platform can
            /// express it.
            #[must_use]
            pub fn created_at(&self) -> Option<std::time::SystemTime> {
                self.created_date.and_then(crate::clock::from_unix_millis)
            }
        }

        impl crate::objects::DataObject for $name {
            const OBJECT_TYPE: u64 = $id;

            fn entity_id(&self) -> Option<&str> {
                self.entity_id.as_deref()
            }

            fn account_entity_id(&self) -> Option<&str> {
                self.account_entity_id.as_deref()
            }

            fn created_at(&self) -> Option<std::time::SystemTime> {
                self.created_at()
            }
        }
    };
}

pub(super) use {data_object, fields};
