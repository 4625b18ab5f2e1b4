//! The consent page as a browser without JavaScript sees it.

use digime_mock_server::ContractKind;
use digime_tests::World;

#[tokio::test]
async fn a_step_is_shown_only_after_what_it_needs_and_what_was_chosen_is_kept() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let (code, _) = raw.authorize().await;
    let unknown =
        raw.get(&raw.page(&code, "&mock_source=999999&mock_user=anna&mock_step=review")).await.text();
    assert!(unknown.contains("Choose a source"), "a source that nobody knows is none: {unknown}");
    let writes = world.raw(ContractKind::Write);
    let (code, _) = writes.authorize().await;
    let again = writes.get(&writes.page(&code, "&mock_also=15.default&mock_step=request")).await.text();
    assert!(again.contains("name=\"mock_also\" value=\"15.default\""), "{again}");
    for also in
        ["&mock_also=x", "&mock_also=15.", "&mock_also=4294967296", "&mock_also=99999.default&mock_source=16"]
    {
        let page = writes.get(&writes.page(&code, &format!("{also}&mock_step=review"))).await;
        assert_eq!(page.status, 200, "{also}");
    }
    let refused = writes.post_form(&writes.page(&code, ""), "decision=approve&also=99999&service=16").await;
    assert_eq!(refused.location_parameter("errorCode").as_deref(), Some("ONBOARD_ERROR"));
}

#[tokio::test]
async fn the_page_offers_sources_data_sets_and_both_decisions() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let (code, _) = raw.authorize().await;
    let page = raw.get(&raw.page(&code, "")).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert!(
        !policy.contains("form-action"),
        "the callback may lead on to the scheme of a phone app: {policy}"
    );
    let parts = ["Mock application wants to read", r#"form="decision" name="decision" value="decline""#];
    let sources = raw.get(&raw.page(&code, "&mock_step=source")).await;
    let of_sources = [r#"<b>Spotify</b>"#, r#"name="mock_source" value="16""#];
    let review = raw.get(&raw.page(&code, "&mock_step=review&mock_source=16&mock_dataset=test")).await;
    let of_review = [
        r#"name="service" value="16""#,
        r#"name="dataSet" value="test""#,
        r#"<button name="decision" value="approve" class="primary">"#,
    ];
    for (page, parts) in [(&page, &parts[..]), (&sources, &of_sources[..]), (&review, &of_review[..])] {
        for part in parts {
            assert!(page.text().contains(part), "{part} is missing:\n{}", page.text());
        }
    }
}

#[tokio::test]
async fn a_named_source_is_shown_and_cannot_be_changed() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let (code, _) = raw.authorize().await;
    let page = raw.get(&raw.page(&code, "&service=1")).await.text();
    assert!(page.contains("Facebook") && page.contains("Step 1 of 3"), "{page}");
    let sources = raw.get(&raw.page(&code, "&service=1&mock_step=source&mock_source=16")).await.text();
    assert!(sources.contains("Facebook") && !sources.contains("mock_source"), "{sources}");
}

#[tokio::test]
async fn approving_the_form_gives_a_code_for_the_chosen_source() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let (code, _) = raw.authorize().await;
    let decided = raw.post_form(&raw.page(&code, ""), "service=3&dataSet=default&decision=approve").await;
    assert_eq!(decided.status, 302);
    assert_eq!(decided.location_parameter("success").as_deref(), Some("true"));
    assert!(decided.location_parameter("accountReference").is_some());
    let token = raw.exchange(&decided.location_parameter("code").unwrap()).await.token();
    let claims = serde_json::json!({"access_token": token["access_token"]["value"]});
    let accounts = raw.call(reqwest::Method::GET, "permission-access/accounts", claims).await.json();
    assert_eq!(accounts[0]["sourceId"], 3);
}

#[tokio::test]
async fn what_a_page_shows_is_escaped() {
    let evil = "<script>alert(1)</script>";
    let world = World::with(|builder| {
        builder.settings(move |settings| settings.applications[0].name = evil.to_owned())
    })
    .await;
    let raw = world.raw(ContractKind::Read);
    let (code, _) = raw.authorize().await;
    let page = raw.get(&raw.page(&code, "&lng=%22%3E%3Cscript%3E&sampleDataSet=%3Cb%3E")).await.text();
    assert!(!page.contains("<script>") && !page.contains("<b>"), "{page}");
    assert!(page.contains("&#60;script&#62;") || page.contains("&lt;script&gt;"), "{page}");
}

#[tokio::test]
async fn a_page_nobody_asked_for_is_an_error_page_and_never_a_redirect() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    for query in ["", "?code=", "?code=unknown", "?code=%00%ff", "?code=a&code=b"] {
        let page = raw.get(&format!("{}/apps/saas/authorize{query}", raw.origin)).await;
        assert_eq!(page.status, 404, "{query}");
        assert!(page.header("content-type").starts_with("text/html"), "{query}");
        assert_eq!(page.header("location"), "", "{query}");
    }
}

#[tokio::test]
async fn bad_parameters_lead_back_to_the_app() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    for query in ["&service=x", "&triggerQuery=maybe", "&sourceType=both", "&sourcesScope=%7B"] {
        let (code, _) = raw.authorize().await;
        let page = raw.get(&raw.page(&code, query)).await;
        assert_eq!(page.status, 302, "{query}");
        assert_eq!(page.location_parameter("errorCode").as_deref(), Some("INITIALIZE_CHECK_FAIL"), "{query}");
    }
}

#[tokio::test]
async fn what_only_looks_at_a_link_decides_nothing() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let steered = ["&mock_user=cancel&mock_source=16&mock_step=review", "&service=99999"];
    let direct = ["&service=16&sampleDataSet=default&sampleDataAutoOnboard=true"];
    for query in direct.into_iter().chain(steered) {
        let (code, _) = raw.authorize().await;
        let url = raw.page(&code, query);
        let head = reqwest::Client::new().head(&url).send().await.unwrap();
        assert_eq!(head.status(), 200, "{query}");
        let callback = world.sandbox.approve(&raw.page(&code, direct[0])).unwrap();
        assert!(callback.contains("success=true"), "{query}: {callback}");
    }
}

#[tokio::test]
async fn a_form_that_cannot_be_read_is_refused_and_uses_no_code_up() {
    let world = World::new().await;
    let raw = world.raw(ContractKind::Read);
    let (code, _) = raw.authorize().await;
    for (form, says) in [
        ("decision=approve&service=spotify", "service is \"spotify\""),
        ("decision=approve&service=16&also=zz", "also is \"zz\""),
        ("decision=yes", "decision is \"yes\""),
        ("", "decision is missing"),
    ] {
        let answer = raw.post_form(&raw.page(&code, ""), form).await;
        assert_eq!(answer.error(), (400, "ValidationErrors".to_owned()), "{form}");
        assert!(answer.text().contains(&says.replace('"', "\\\"")), "{form}: {}", answer.text());
    }
    let answer = raw.post_form(&raw.page(&code, ""), "decision=approve&service=").await;
    assert_eq!(answer.location_parameter("success").as_deref(), Some("true"));
}
