//! Entertainment objects (protocol reference, objects §8.5).

use crate::objects::data_object::{data_object, fields};
use crate::objects::field::plain_field;
use crate::objects::resource::MediaResource;

fields! {
    /// An artist of a track or album.
    Artist {
        /// Id of the account it came from.
        account_entity_id = "accountentityid": String,
        /// Id in the library.
        entity_id = "entityid": String,
        /// Id at the source.
        id = "id": String,
        /// Name.
        name = "name": String,
        /// Where they are.
        link = "link": String,
        /// Genres.
        genres = "genres": Vec<String>,
        /// Popularity, 0 to 100.
        popularity = "popularity": f64,
    }
}

fields! {
    /// A track.
    Track {
        /// Id in the library.
        entity_id = "entityid": String,
        /// Id at the source.
        id = "id": String,
        /// Name.
        name = "name": String,
        /// Where it is.
        link = "link": String,
        /// The album it is on.
        album = "album": Album,
        /// Who plays.
        artists = "artists": Vec<Artist>,
    }
}

fields! {
    /// A line of an album's copyright.
    AlbumCopyright {
        /// Text.
        text = "text": String,
        /// Kind.
        kind = "type": String,
    }
}

fields! {
    /// Whose playlist it is.
    PlaylistOwner {
        /// Id of the account it came from.
        account_entity_id = "accountentityid": String,
        /// Id in the library.
        entity_id = "entityid": String,
        /// Id at the source.
        id = "id": String,
        /// Whether it is the user.
        is_user = "isuser": bool,
        /// Where they are.
        link = "link": String,
        /// Name.
        name = "name": String,
    }
}

plain_field!(Album, PlaylistOwner, Track);

data_object! {
    /// A track that was played; `created_date` is when.
    PlayHistory(406) {
        /// The track.
        track = "track": Track,
    }
}

data_object! {
    /// An artist the user follows; has no `created_date`.
    FollowedArtist(407) {
        /// Name.
        name = "name": String,
        /// Where they are.
        link = "link": String,
        /// Popularity, 0 to 100.
        popularity = "popularity": f64,
        /// Number of followers.
        followers_count = "followerscount": i64,
        /// Genres.
        genres = "genres": Vec<String>,
        /// Pictures.
        resources = "resources": Vec<MediaResource>,
    }
}

data_object! {
    /// A playlist.
    Playlist(403) {
        /// Name.
        name = "name": String,
        /// Description.
        description = "description": String,
        /// Where it is.
        link = "link": String,
        /// Whether all may see it.
        public = "public": bool,
        /// Whether others may change it.
        collaborative = "collaborative": bool,
        /// Whether the user follows it.
        is_following = "isfollowing": bool,
        /// Number of followers.
        followers_count = "followerscount": i64,
        /// HTML to embed it. Foreign text: never put it into a page unseen.
        embed_html = "embedhtml": String,
        /// Whose it is.
        owner = "owner": PlaylistOwner,
        /// Pictures.
        resources = "resources": Vec<MediaResource>,
    }
}

data_object! {
    /// An album.
    Album(401) {
        /// Name.
        name = "name": String,
        /// Who plays.
        artists = "artists": Vec<Artist>,
        /// Where it is sold, as country codes.
        available_markets = "availablemarkets": Vec<String>,
        /// Copyrights.
        copyrights = "copyrights": Vec<AlbumCopyright>,
        /// Genres.
        genres = "genres": Vec<String>,
        /// Label.
        label = "label": String,
        /// Where it is.
        link = "link": String,
        /// Popularity, 0 to 100.
        popularity = "popularity": f64,
        /// Release; the form is that of the source.
        release_date = "releasedate": String,
        /// Pictures.
        resources = "resources": Vec<MediaResource>,
    }
}
