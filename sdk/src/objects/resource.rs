//! Pictures, videos and music of data objects
//! (protocol reference, objects §8.1).

use crate::objects::data_object::fields;
use crate::objects::field::plain_field;

fields! {
    /// A picture, video or piece of music.
    MediaResource {
        /// 0 picture, 1 video, 2 music.
        kind = "type": i64,
        /// Where it is.
        url = "url": String,
        /// MIME type.
        mimetype = "mimetype": String,
        /// Width in pixels.
        width = "width": i64,
        /// Height in pixels.
        height = "height": i64,
        /// Bits per second.
        bitrate = "bitrate": f64,
        /// Length; the unit is not documented.
        duration = "duration": f64,
        /// Width to height.
        aspect_ratio = "aspectratio": AspectRatio,
    }
}

fields! {
    /// Width to height.
    AspectRatio {
        /// How well `closest` fits, in per cent.
        accuracy = "accuracy": f64,
        /// Such as `1:1`.
        actual = "actual": String,
        /// The nearest common ratio, such as `4:3`.
        closest = "closest": String,
    }
}

plain_field!(AspectRatio);
