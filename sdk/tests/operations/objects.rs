//! Typed views of data objects, against the examples of the protocol reference
//! (objects §8).

use std::time::{Duration, SystemTime};

use digime::objects::{
    Achievement, Activity, Album, BaseType, CategoryType, Comment, DailyActivity, DataObject, FhirResource,
    FollowedArtist, Media, MedicalObject, PlayHistory, Playlist, Post, ResourceType, Transaction,
    TransactionStatus, VehicleRegistration, VehicleTest,
};
use digime::{Error, ErrorKind, File};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::*;

/// The objects as a real download delivers them.
async fn file(content: Value) -> File {
    let server = Server::start().await;
    server.file("objects.json", file_answer(seal(content.to_string().as_bytes()), None)).await;
    server.user().read_file(&session(), &name("objects.json")).await.unwrap()
}

async fn one<T: DeserializeOwned>(object: Value) -> T {
    let mut all = file(json!([object])).await.objects::<T>().unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn day() -> Option<SystemTime> {
    Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_767_225_600_000))
}

fn post() -> Value {
    json!({ "accountentityid": "1_900001", "entityid": "1_900001_900001_77",
      "baseid": "1_900001_900001_77", "postid": "900001_77",
      "createddate": 1767225600000_i64, "updateddate": 1767225600000_i64, "type": 1,
      "title": "A walk", "text": "Lovely morning", "rawtext": "", "annotation": "", "visibility": "",
      "source": "", "posturl": "https://social.example/p/77", "originalposturl": "", "originalpostid": "",
      "originalcrosspostid": "",
      "commentcount": 0, "likecount": 3, "sharecount": 0, "favouritecount": 0, "postreplycount": "",
      "iscommentable": 1, "islikeable": 1, "islikes": 0, "isshared": 0, "isfavourited": 0, "istruncated": 0,
      "latitude": 0, "longitude": 0,
      "links": [ { "link": "https://social.example/x", "title": "x", "resources": [] } ],
      "personentityid": "1_900001_900001", "personfullname": "Demo Person", "personusername": "demo",
      "personfileurl": "", "personfilerelativepath": "",
      "socialnetworkuserentityid": "1_900001", "postentityid": "",
      "referenceentityid": "1_900001_900001_77", "referenceentitytype": 15 })
}

#[tokio::test]
async fn a_post() {
    let post: Post = one(post()).await;
    assert_eq!((post.created_at(), post.kind, post.like_count), (day(), Some(1), Some(3)));
    assert_eq!((post.post_reply_count, post.is_commentable, post.is_shared), (None, Some(true), Some(false)));
    assert_eq!(post.links.as_ref().unwrap()[0].title.as_deref(), Some("x"));
    assert_eq!((post.entity_id(), post.reference_entity_type), (Some("1_900001_900001_77"), Some(15)));
    assert!(post.other.is_empty(), "every member of the example has a field: {:?}", post.other);
}

#[tokio::test]
async fn a_transaction() {
    let transaction: Transaction = one(json!({
      "accountentityid": "17_500100", "entityid": "17_500100_880012", "id": "880012",
      "createddate": 1767225600000_i64, "postdate": 1767225600000_i64, "transactiondate": 1767139200000_i64,
      "amount": 12.4, "currency": "EUR", "basetype": "DEBIT", "type": "PURCHASE", "subtype": "",
      "category": "Groceries", "categoryid": 10, "categorysource": "SYSTEM", "categorytype": "EXPENSE",
      "highlevelcategoryid": 10000009,
      "status": "POSTED", "ismanual": false, "checknumber": "", "consumerref": "",
      "originalref": "DEMO SHOP 42", "simpleref": "Demo Shop",
      "merchantid": "", "merchantname": "Demo Shop", "merchantaddress1": "", "merchantaddress2": "",
      "merchantcity": "", "merchantstate": "", "merchantzip": "", "merchantcountry": "",
      "runningbalance": 100.5, "runningbalancecurrency": "EUR" }))
    .await;
    assert_eq!((transaction.amount, transaction.running_balance), (Some(12.4), Some(100.5)));
    assert_eq!(transaction.base_type, Some(BaseType::Debit));
    assert_eq!(transaction.category_type, Some(CategoryType::Expense));
    assert_eq!(transaction.status, Some(TransactionStatus::Posted));
    assert_eq!((transaction.is_manual, transaction.category_id), (Some(false), Some(10)));
    assert!(transaction.other.is_empty(), "{:?}", transaction.other);

    let odd: Transaction = one(json!({"status": "HAUNTED", "amount": "-3.50", "categoryid": 10.0})).await;
    assert_eq!(odd.status, Some(TransactionStatus::Unknown("HAUNTED".to_owned())));
    assert_eq!((odd.amount, odd.category_id), (Some(-3.5), Some(10)));
}

#[tokio::test]
async fn a_daily_activity() {
    let activity: DailyActivity = one(json!({
      "id": "1767225600000", "accountentityid": "18_DEMO01", "entityid": "18_DEMO01_1767225600000",
      "createddate": 1767225600000_i64, "startdate": 1767225600000_i64, "enddate": 1767311999999_i64,
      "steps": 8432, "caloriesout": 2210.5, "veryactiveminutes": 34,
      "distances": [ { "activity": "total", "distance": 6.1 } ] }))
    .await;
    assert_eq!((activity.steps, activity.very_active_minutes), (Some(8432.0), Some(34)));
    assert_eq!(activity.distances.as_ref().unwrap()[0].distance, Some(6.1));
    assert!(activity.other.is_empty());
}

#[tokio::test]
async fn a_followed_artist_has_no_date() {
    let artist: FollowedArtist = one(json!({
      "accountentityid": "19_sampleDataSet-default", "entityid": "19_123_demoartist1", "id": "demoartist1",
      "name": "The Vectors", "followerscount": 1024, "popularity": 61, "genres": ["mock pop"],
      "link": "https://music.example/a/1",
      "resources": [ { "type": 0, "width": 640, "height": 640, "mimetype": "application/octet-stream",
        "url": "https://music.example/a/1.jpg",
        "aspectratio": { "accuracy": 100, "actual": "1:1", "closest": "1:1" } } ] }))
    .await;
    assert_eq!((artist.created_at(), artist.followers_count), (None, Some(1024)));
    let resource = &artist.resources.as_ref().unwrap()[0];
    assert_eq!((resource.width, resource.kind), (Some(640), Some(0)));
    assert_eq!(resource.aspect_ratio.as_ref().unwrap().accuracy, Some(100.0));
    assert!(artist.other.is_empty());
}

#[tokio::test]
async fn objects_the_reference_describes_in_words() {
    let played: PlayHistory = one(json!({"createddate": 1767225600000_i64, "track": {
        "name": "Song", "album": {"name": "Album", "releasedate": 2020},
        "artists": [{"name": "A", "genres": ["pop"], "popularity": 5}], "later": true}}))
    .await;
    let track = played.track.as_ref().unwrap();
    assert_eq!(track.artists.as_ref().unwrap()[0].genres, Some(vec!["pop".to_owned()]));
    assert_eq!(track.album.as_ref().unwrap().release_date.as_deref(), Some("2020"));
    assert_eq!(track.other["later"], true);
    let playlist: Playlist = one(json!({"public": 1, "collaborative": "0", "owner": {"isuser": true}})).await;
    assert_eq!((playlist.public, playlist.collaborative), (Some(true), Some(false)));
    assert_eq!(playlist.owner.as_ref().unwrap().is_user, Some(true));
    let album: Album = one(json!({"copyrights": [{"text": "(c)", "type": "C"}], "label": "L"})).await;
    assert_eq!(album.copyrights.as_ref().unwrap()[0].kind.as_deref(), Some("C"));
    // Older libraries write sizes as text.
    let media: Media = one(json!({"type": 1, "resources": [{"width": "640", "height": ""}]})).await;
    let resource = &media.resources.as_ref().unwrap()[0];
    assert_eq!((resource.width, resource.height), (Some(640), None));
    let comment: Comment = one(json!({"privacy": 0, "referenceentitytype": 2})).await;
    assert_eq!((comment.privacy, comment.reference_entity_type), (Some(false), Some(2)));
    let achievement: Achievement = one(json!({"gradientstartcolor": "FF0000", "name": "10k"})).await;
    assert_eq!(achievement.gradient_start_color.as_deref(), Some("FF0000"));
    let activity: Activity = one(json!({"startdate": 1, "heartrate": [1, 2]})).await;
    assert_eq!(activity.other["heartrate"], json!([1, 2]));
    for (sent, read) in [(json!(1), "1"), (json!("PASS"), "PASS")] {
        let test: VehicleTest = one(json!({"testresult": sent, "advisorynotes": ["worn"]})).await;
        assert_eq!(test.test_result.as_deref(), Some(read));
    }
    let vehicle: VehicleRegistration = one(json!({"enginecapacity": 1598, "gearcount": "6"})).await;
    assert_eq!((vehicle.engine_capacity.as_deref(), vehicle.gear_count), (Some("1598"), Some(6)));
}

#[tokio::test]
async fn medical_objects_and_fhir_keep_everything() {
    let medical: MedicalObject = one(json!({"entityid": "16_1", "code": {"x": [1]}})).await;
    assert_eq!((medical.entity_id.as_deref(), &medical.fields["code"]), (Some("16_1"), &json!({"x": [1]})));
    let observation = json!({"resourceType": "Observation", "id": "o-1", "status": "final",
        "valueQuantity": {"value": 61, "unit": "/min"}});
    let resource: FhirResource = one(observation.clone()).await;
    assert_eq!(resource.resource_type, ResourceType::Observation);
    assert_eq!(serde_json::to_value(&resource).unwrap(), observation);
    let later: FhirResource = one(json!({"resourceType": "Hologram"})).await;
    assert_eq!(later.resource_type, ResourceType::Unknown("Hologram".to_owned()));
}

#[tokio::test]
async fn unknown_members_are_kept_and_nulls_are_nothing() {
    let post: Post =
        one(json!({"title": null, "likecount": null, "links": null, "brandnew": {"a": [1]}})).await;
    assert_eq!((&post.title, post.like_count, &post.links), (&None, None, &None));
    assert_eq!(serde_json::to_value(&post).unwrap(), json!({"brandnew": {"a": [1]}}));
    let empty: Post = one(json!({})).await;
    assert_eq!(empty.created_at(), None);
}

#[tokio::test]
async fn raw_json_is_always_there() {
    let file = file(json!([post(), {"likecount": "many"}])).await;
    assert_eq!(file.objects::<Value>().unwrap()[0], post());
    let error = file.objects::<Post>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    let text = error.to_string();
    assert!(text.contains("[1].likecount") && text.contains("expected a number"), "{text}");
    assert!(!text.contains("many"), "values are not repeated: {text}");
}

#[tokio::test]
async fn content_that_does_not_fit_is_an_error() {
    for content in [
        json!({}),
        json!("text"),
        json!([1]),
        json!([{"createddate": true}]),
        json!([{"createddate": "soon"}]),
        json!([{"latitude": {}}]),
        json!([{"islikes": 7}]),
        json!([{"links": {}}]),
        json!([{"title": []}]),
    ] {
        let result: Result<Vec<Post>, Error> = file(content.clone()).await.objects();
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Decode, "{content}");
    }
    let far: Post = one(json!({"createddate": 9e300, "latitude": 1})).await;
    assert_eq!((far.created_date, far.latitude), (Some(i64::MAX), Some(1.0)));
    let _ = far.created_at();
}

#[test]
fn object_types_have_the_platforms_ids() {
    assert_eq!((Media::OBJECT_TYPE, Post::OBJECT_TYPE, Comment::OBJECT_TYPE), (1, 2, 7));
    assert_eq!(
        (Transaction::OBJECT_TYPE, Activity::OBJECT_TYPE, DailyActivity::OBJECT_TYPE),
        (201, 300, 301)
    );
    assert_eq!((Achievement::OBJECT_TYPE, Album::OBJECT_TYPE, Playlist::OBJECT_TYPE), (302, 401, 403));
    assert_eq!((PlayHistory::OBJECT_TYPE, FollowedArtist::OBJECT_TYPE), (406, 407));
    assert_eq!((VehicleTest::OBJECT_TYPE, VehicleRegistration::OBJECT_TYPE), (500, 501));
}
