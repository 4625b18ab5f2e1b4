//! Health and fitness objects (protocol reference, objects §8.4).

use crate::objects::data_object::{data_object, fields};
use crate::objects::resource::MediaResource;

fields! {
    /// A distance of one kind of activity.
    Distance {
        /// Such as `total`.
        activity = "activity": String,
        /// Distance; the unit is that of the source.
        distance = "distance": f64,
    }
}

data_object! {
    /// Summary of a day.
    DailyActivity(301) {
        /// Start, in **milliseconds** since 1970.
        start_date = "startdate": i64,
        /// End, in **milliseconds** since 1970.
        end_date = "enddate": i64,
        /// Start as the source wrote it.
        original_start_date = "originalstartdate": String,
        /// Steps.
        steps = "steps": f64,
        /// Distances by activity.
        distances = "distances": Vec<Distance>,
        /// Calories burnt.
        calories_out = "caloriesout": f64,
        /// Minutes of strong activity.
        very_active_minutes = "veryactiveminutes": i64,
    }
}

data_object! {
    /// One activity. Its fields differ by source: see `other`.
    Activity(300) {
        /// Start, in **milliseconds** since 1970.
        start_date = "startdate": i64,
        /// End, in **milliseconds** since 1970.
        end_date = "enddate": i64,
    }
}

data_object! {
    /// An achievement.
    Achievement(302) {
        /// Category.
        category = "category": String,
        /// Name.
        name = "name": String,
        /// Description.
        description = "description": String,
        /// Text on earning it.
        earned_message = "earnedmessage": String,
        /// Text of the source's marketing.
        marketing_description = "marketingdescription": String,
        /// Short text.
        mobile_description = "mobiledescription": String,
        /// Colour, hexadecimal without `#`.
        gradient_start_color = "gradientstartcolor": String,
        /// Colour, hexadecimal without `#`.
        gradient_end_color = "gradientendcolor": String,
        /// Pictures.
        resources = "resources": Vec<MediaResource>,
    }
}
