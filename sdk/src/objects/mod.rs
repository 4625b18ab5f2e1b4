//! Typed views of the objects in mapped files (protocol reference, objects §8).
//!
//! Every field may be missing, numbers and flags may be written as text, and
//! what a view does not know is kept in `other`: the platform adds fields
//! without notice. The raw JSON is always there too, with
//! `file.objects::<serde_json::Value>()`.
//!
//! ```no_run
//! use digime::objects::{Post, Transaction};
//!
//! # fn read(social: digime::File, finance: digime::File) -> Result<(), digime::Error> {
//! for post in social.objects::<Post>()? {
//!     println!("{:?} {:?}", post.created_at(), post.title);
//! }
//! let spent: f64 =
//!     finance.objects::<Transaction>()?.iter().filter_map(|transaction| transaction.amount).sum();
//! # let _ = spent;
//! # Ok(())
//! # }
//! ```

mod data_object;
mod entertainment;
mod fhir;
mod field;
mod finance;
mod fitness;
mod government;
mod medical;
mod resource;
mod social;

pub use data_object::DataObject;
pub use entertainment::{
    Album, AlbumCopyright, Artist, FollowedArtist, PlayHistory, Playlist, PlaylistOwner, Track,
};
pub use fhir::{FhirResource, ResourceType};
pub use finance::{BaseType, CategoryType, Transaction, TransactionStatus};
pub use fitness::{Achievement, Activity, DailyActivity, Distance};
pub use government::{VehicleRegistration, VehicleTest};
pub use medical::MedicalObject;
pub use resource::{AspectRatio, MediaResource};
pub use social::{Comment, Link, Media, Post};
