use super::*;
use digime_fixtures::catalogue::sources;
use proptest::prelude::*;
use serde_json::json;

const NONE: [u32; 0] = [];

fn read(body: Value) -> SourceQuery {
    serde_json::from_value(body).unwrap()
}

fn found(query: Value) -> Vec<u32> {
    let body = json!({"limit": 1000, "query": query});
    let mut ids: Vec<_> = read(body).page(sources()).unwrap().sources.iter().map(|it| it.id).collect();
    ids.sort_unstable();
    ids
}

fn expected(matches: impl Fn(&Source) -> bool) -> Vec<u32> {
    let ids: Vec<_> = sources().iter().filter(|source| matches(source)).map(|source| source.id).collect();
    assert!(!ids.is_empty() && ids.len() < sources().len(), "the example must tell sources apart");
    ids
}

#[test]
fn every_filter_is_exact_and_takes_both_forms_of_ids() {
    for ids in [json!([16, 20]), json!({"id": [16, 20]})] {
        assert_eq!(found(json!({"filter": {"id": ids}})), [16]);
    }
    for (name, matches) in [
        ("service", Box::new(|source: &Source| source.service_id == 1) as Box<dyn Fn(&Source) -> bool>),
        ("country", Box::new(|source| source.countries.contains(&1))),
        ("category", Box::new(|source| source.group_id == 1)),
    ] {
        for ids in [json!([1]), json!({"id": [1]})] {
            assert_eq!(found(json!({"filter": {name: ids}})), expected(&matches), "{name}");
        }
    }
    let push = expected(|source| source.is_push_only());
    assert_eq!(found(json!({"filter": {"type": {"id": [2]}}})), push);
    assert_eq!(found(json!({"filter": {"platform": {"id": [3]}}})), expected(|it| it.platforms.contains(&3)));
    assert_eq!(found(json!({"filter": {"sourceId": 420}})), [420]);
    assert_eq!(found(json!({"filter": {"reference": ["spotify", "fitbit"]}})), [15, 16]);
    assert_eq!(found(json!({"filter": {"alias": ["X"]}})), [2]);
}

#[test]
fn a_status_is_a_text_or_a_number() {
    let deprecated = expected(|source| source.status == PublishedStatus::Deprecated);
    for status in [json!("deprecated"), json!(3)] {
        assert_eq!(found(json!({"filter": {"publishedStatus": [status]}})), deprecated);
    }
    assert_eq!(found(json!({"filter": {"publishedStatus": [9]}})), NONE);
    let wrong = json!({"query": {"filter": {"publishedStatus": ["aproved"]}}});
    let problem = serde_json::from_value::<SourceQuery>(wrong).unwrap_err().to_string();
    assert!(problem.contains("sampledataonly"), "{problem}");
}

#[test]
fn filters_are_all_met_and_an_empty_one_by_nothing() {
    let both = json!({"filter": {"country": {"id": [10]}, "type": {"id": [2]}}});
    assert_eq!(found(both), expected(|it| it.countries.contains(&10) && it.is_push_only()));
    assert_eq!(found(json!({"filter": {"category": {"id": []}}})), NONE);
}

#[test]
fn every_search_field_finds_a_part_in_any_case() {
    for (field, text, id) in [
        ("name", "sPoTi", 16),
        ("abbreviation", "acrmc", 30001),
        ("alias", "kowhai", 30308),
        ("medicalCenter", "sleep center", 30004),
        ("practitioner", "castellano", 30003),
        ("address.city", "foxglove", 30006),
        ("address.zipCode", "56241", 30007),
    ] {
        assert_eq!(found(json!({"search": {field: [text]}})), [id], "{field}");
    }
}

#[test]
fn a_search_is_met_by_any_text_in_any_field_and_without_texts_by_everything() {
    let query = json!({"search": {"name": ["spotify", "garmin"], "address.city": ["Foxglove"]}});
    assert_eq!(found(query), [16, 254, 30006]);
    assert_eq!(found(json!({"search": {"name": []}})).len(), sources().len());
    assert_eq!(found(json!({"search": {"name": ["no such source"]}})), NONE);
}

#[test]
fn every_word_of_a_query_string_is_found_somewhere() {
    assert_eq!(found(json!({"queryString": "foxglove clinics"})), [30006]);
    assert_eq!(found(json!({"queryString": "  SPOTIFY "})), [16]);
    assert_eq!(found(json!({"queryString": "entertainment"})), expected(|it| it.group_id == 5));
    assert_eq!(found(json!({"queryString": "spotify foxglove"})), NONE);
    assert_eq!(found(json!({"queryString": ""})).len(), sources().len());
}

#[test]
fn unknown_fields_change_nothing_and_are_named() {
    let query = read(json!({"query": {"search": {"nmae": ["x"]}, "filter": {"colour": [1]}}}));
    assert_eq!(query.ignored(), ["nmae", "colour"]);
    assert_eq!(query.page(sources()).unwrap().total, sources().len());
}

#[test]
fn the_default_page_is_the_first_ten_by_name() {
    let page = SourceQuery::default().page(sources()).unwrap();
    assert_eq!((page.limit, page.offset, page.total), (10, 0, sources().len()));
    assert!(page.sources.is_sorted_by_key(|source| source.name.to_lowercase()));
    let reversed = read(json!({"sort": {"name": "desc"}, "limit": 1})).page(sources()).unwrap();
    let last = read(json!({"sort": {"name": "asc"}, "offset": sources().len() - 1})).page(sources()).unwrap();
    assert_eq!(reversed.sources, last.sources);
}

#[test]
fn a_page_beyond_the_end_is_empty_and_a_broken_number_is_refused() {
    let page = read(json!({"offset": 1e15, "limit": 5})).page(sources()).unwrap();
    assert!(page.sources.is_empty() && page.total == sources().len());
    for (name, number) in [("limit", json!(-1)), ("offset", json!(0.5)), ("limit", json!(1e300))] {
        let refusal = read(json!({name: number})).page(sources()).unwrap_err();
        assert_eq!((refusal.status, refusal.code.as_str()), (400, "ValidationErrors"));
        assert!(refusal.detail.starts_with(name), "{}", refusal.detail);
    }
}

proptest! {
    #[test]
    fn pages_visit_every_source_once(limit in 1_usize..100, start in 0_usize..100, descending: bool) {
        let direction = if descending { "desc" } else { "asc" };
        let page = |offset: usize, limit: usize| {
            let body = json!({"limit": limit, "offset": offset, "sort": {"name": direction}});
            read(body).page(sources()).unwrap()
        };
        let all: Vec<u32> = page(0, sources().len()).sources.iter().map(|source| source.id).collect();
        let mut visited = Vec::new();
        let mut offset = start;
        loop {
            let next = page(offset, limit);
            prop_assert_eq!(next.total, sources().len());
            if next.sources.is_empty() {
                break;
            }
            offset += next.sources.len();
            visited.extend(next.sources.iter().map(|source| source.id));
        }
        prop_assert_eq!(visited, &all[start.min(all.len())..]);
    }
}
