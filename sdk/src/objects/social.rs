//! Social objects (protocol reference, objects §8.2).

use crate::objects::data_object::{data_object, fields};
use crate::objects::resource::MediaResource;

fields! {
    /// A link in a post.
    Link {
        /// Where it leads.
        link = "link": String,
        /// Its title.
        title = "title": String,
        /// Pictures.
        resources = "resources": Vec<MediaResource>,
    }
}

data_object! {
    /// A post.
    Post(2) {
        /// Id at the source.
        post_id = "postid": String,
        /// 0 standard, 4 tweet, 20 Instagram post, …
        kind = "type": i64,
        /// Title.
        title = "title": String,
        /// Text.
        text = "text": String,
        /// Text before formatting.
        raw_text = "rawtext": String,
        /// Annotation.
        annotation = "annotation": String,
        /// Who may see it.
        visibility = "visibility": String,
        /// What it was written with.
        source = "source": String,
        /// Where it is.
        post_url = "posturl": String,
        /// Where the original is.
        original_post_url = "originalposturl": String,
        /// Id of the original.
        original_post_id = "originalpostid": String,
        /// Id of the post this one was copied from.
        original_cross_post_id = "originalcrosspostid": String,
        /// Number of comments.
        comment_count = "commentcount": i64,
        /// Number of likes.
        like_count = "likecount": i64,
        /// Number of shares.
        share_count = "sharecount": i64,
        /// Number of times it was made a favourite.
        favourite_count = "favouritecount": i64,
        /// Number of replies.
        post_reply_count = "postreplycount": i64,
        /// Whether it can be commented.
        is_commentable = "iscommentable": bool,
        /// Whether it can be liked.
        is_likeable = "islikeable": bool,
        /// Whether the user likes it.
        is_likes = "islikes": bool,
        /// Whether the user shared it.
        is_shared = "isshared": bool,
        /// Whether it is a favourite of the user.
        is_favourited = "isfavourited": bool,
        /// Whether the text is cut.
        is_truncated = "istruncated": bool,
        /// Degrees north.
        latitude = "latitude": f64,
        /// Degrees east.
        longitude = "longitude": f64,
        /// Links.
        links = "links": Vec<Link>,
        /// Who wrote it.
        person_entity_id = "personentityid": String,
        /// Their name.
        person_full_name = "personfullname": String,
        /// Their name at the source.
        person_username = "personusername": String,
        /// Their picture.
        person_file_url = "personfileurl": String,
        /// Their picture in the library.
        person_file_relative_path = "personfilerelativepath": String,
        /// The user at the source.
        social_network_user_entity_id = "socialnetworkuserentityid": String,
        /// The post this one belongs to.
        post_entity_id = "postentityid": String,
        /// The user's reaction.
        user_reaction = "userreaction": String,
    }
}

data_object! {
    /// A picture or video.
    Media(1) {
        /// Id at the source.
        media_id = "mediaid": String,
        /// Id of the object it belongs to.
        media_object_id = "mediaobjectid": String,
        /// Id its likes refer to.
        media_object_like_id = "mediaobjectlikeid": String,
        /// Name of its album.
        media_album_name = "mediaalbumname": String,
        /// 0 picture, 1 video.
        kind = "type": i64,
        /// Name.
        name = "name": String,
        /// Where it is.
        link = "link": String,
        /// Filter.
        filter = "filter": String,
        /// The files.
        resources = "resources": Vec<MediaResource>,
        /// Number of comments.
        comment_count = "commentcount": i64,
        /// Number of likes.
        like_count = "likecount": i64,
        /// Number of tags.
        tag_count = "tagcount": i64,
        /// Number of people tagged.
        tagged_people_count = "taggedpeoplecount": i64,
        /// Interest.
        interest_score = "interestscore": f64,
        /// Degrees north.
        latitude = "latitude": f64,
        /// Degrees east.
        longitude = "longitude": f64,
        /// URL to show.
        display_short_url = "displayshorturl": String,
        /// Where the URL to show starts in the text.
        display_url_index_start = "displayurlindexstart": i64,
        /// Where the URL to show ends in the text.
        display_url_index_end = "displayurlindexend": i64,
        /// Picture.
        image_file_url = "imagefileurl": String,
        /// Picture in the library.
        image_file_entity_id = "imagefileentityid": String,
        /// Picture in the library, as path.
        image_file_relative_path = "imagefilerelativepath": String,
        /// Video.
        video_file_url = "videofileurl": String,
        /// Camera.
        camera_model_entity_id = "cameramodelentityid": String,
        /// Place.
        location_entity_id = "locationentityid": String,
        /// Licence.
        item_licence_entity_id = "itemlicenceentityid": String,
        /// What it came from.
        originator_type = "originatortype": String,
        /// The post it belongs to.
        post_entity_id = "postentityid": String,
        /// Whose it is.
        person_entity_id = "personentityid": String,
        /// Their name.
        person_full_name = "personfullname": String,
        /// Their name at the source.
        person_username = "personusername": String,
        /// Their picture.
        person_file_url = "personfileurl": String,
        /// Their picture in the library.
        person_file_relative_path = "personfilerelativepath": String,
    }
}

data_object! {
    /// A comment; `reference_entity_id` is the post.
    Comment(7) {
        /// Id at the source.
        comment_id = "commentid": String,
        /// The comment this one answers.
        comment_reply_id = "commentreplyid": String,
        /// Text.
        text = "text": String,
        /// Where it is.
        link = "link": String,
        /// Whether it is private.
        privacy = "privacy": bool,
        /// App it was written with.
        app_id = "appid": String,
        /// Id of further data.
        meta_id = "metaid": String,
        /// Number of comments.
        comment_count = "commentcount": i64,
        /// Number of likes.
        like_count = "likecount": i64,
        /// Who wrote it.
        person_entity_id = "personentityid": String,
        /// Their name.
        person_full_name = "personfullname": String,
        /// Their name at the source.
        person_username = "personusername": String,
        /// Their picture.
        person_file_url = "personfileurl": String,
        /// Their picture in the library.
        person_file_relative_path = "personfilerelativepath": String,
        /// The user at the source.
        social_network_user_entity_id = "socialnetworkuserentityid": String,
        /// The user's reaction.
        user_reaction = "userreaction": String,
    }
}
