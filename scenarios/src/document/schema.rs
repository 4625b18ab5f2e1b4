//! The JSON Schema of scenario files, for editors.

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::scenario::Document;

/// The JSON Schema (2020-12) of scenario files.
pub(crate) fn schema() -> Value {
    let mut schema =
        SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Document>().to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), "A digime-scenarios file".into());
    }
    schema
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::yaml;

    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                _ if path.is_dir() => files(&path, found),
                Some(extension) if extension == "yaml" => found.push(path),
                _ => {}
            }
        }
    }

    fn in_crate(path: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
    }

    #[test]
    fn every_shipped_file_is_as_the_schema_says() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        let mut found = Vec::new();
        files(&in_crate("flows"), &mut found);
        assert!(found.len() > 100);
        for path in found {
            let json = yaml::parse(&std::fs::read_to_string(&path).unwrap()).unwrap().to_json();
            let problems: Vec<_> = validator
                .iter_errors(&json)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(problems.is_empty(), "{}: {problems:#?}", path.display());
        }
    }

    #[test]
    fn an_editor_sees_the_same_mistakes_of_form_as_the_runner() {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        for name in [
            "unknown_key",
            "unknown_action",
            "unknown_setting",
            "unknown_operator",
            "two_actions",
            "no_action",
            "wrong_type",
            "bad_duration",
            "bad_expectation",
            "bad_consent",
            "bad_generation",
            "bad_jwt",
            "negative_count",
        ] {
            let text = std::fs::read_to_string(in_crate(&format!("tests/mistakes/{name}.yaml"))).unwrap();
            assert!(!validator.is_valid(&yaml::parse(&text).unwrap().to_json()), "{name}");
        }
    }

    #[test]
    fn the_committed_schema_is_the_one_that_the_program_writes() {
        let path = in_crate("scenario.schema.json");
        let written = format!("{:#}\n", schema());
        if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
            std::fs::write(&path, &written).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == written,
            "write it by: digime-scenarios schema > scenarios/scenario.schema.json"
        );
    }
}
