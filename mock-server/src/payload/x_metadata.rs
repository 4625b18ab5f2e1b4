//! The `x-metadata` header of a file (protocol reference, objects §2 and crypto §5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use digime_fixtures::{Compression, FileMetadata};
use serde_json::{Value, json};

/// `metadata` of a file of sample data.
pub(crate) fn of_sample(metadata: &FileMetadata) -> Value {
    match metadata {
        FileMetadata::Mapped(mapped) => json!({
            "objectCount": mapped.object_count,
            "objectType": mapped.object_type,
            "serviceGroup": mapped.service_group,
            "serviceName": mapped.service_name,
            "objectVersion": mapped.object_version,
            "schema": { "standard": mapped.schema.standard, "version": mapped.schema.version },
        }),
        FileMetadata::Raw(raw) => {
            let accounts: Vec<_> = raw.accounts.iter().map(|id| json!({ "accountid": id })).collect();
            let mut json = json!({ "mimetype": raw.mimetype, "accounts": accounts });
            if let Some(created) = raw.created_ms {
                json["created"] = json!(created);
            }
            for (name, list) in [("reference", &raw.reference), ("tags", &raw.tags)] {
                if !list.is_empty() {
                    json[name] = json!(list);
                }
            }
            json
        }
    }
}

/// `{"metadata": …, "compression"?: …}`: `compression` is absent when nothing is compressed, which
/// old iOS clients insist on.
pub(crate) fn json(metadata: &Value, compression: Compression) -> Value {
    let mut header = json!({ "metadata": metadata });
    match compression {
        Compression::None => {}
        Compression::Gzip => header["compression"] = json!("gzip"),
        Compression::Brotli => header["compression"] = json!("brotli"),
    }
    header
}

/// Base64 that is the same in both alphabets and needs no padding: Android decodes the standard
/// alphabet, others base64url (protocol reference, legacy rule 8).
pub(crate) fn header_value(json: &Value) -> String {
    let mut text = String::new();
    for c in json.to_string().chars() {
        match c {
            '>' | '?' | '~' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            ' '..='}' => text.push(c),
            _ => {
                let mut units = [0; 2];
                text.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
    }
    while !text.len().is_multiple_of(3) {
        text.push(' ');
    }
    URL_SAFE_NO_PAD.encode(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn the_value_is_valid_in_both_alphabets_and_decodes_to_the_same_json() {
        let json = json!({"a": "é>?~ü𝄞", "tags": ["??>>~~", "\u{7f}"], "n": 1});
        let value = header_value(&json);
        assert!(value.bytes().all(|b| b.is_ascii_alphanumeric()), "{value}");
        let standard: Value = serde_json::from_slice(&STANDARD.decode(&value).unwrap()).unwrap();
        let url_safe: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&value).unwrap()).unwrap();
        assert_eq!((&standard, &url_safe), (&json, &json));
    }

    #[test]
    fn the_reference_vector_for_both_alphabets_is_met() {
        let vectors: Value =
            serde_json::from_str(include_str!("../../../fixtures/vectors/legacy/v1.5-x-metadata.json"))
                .unwrap();
        let cases: Vec<_> = vectors.as_object().unwrap().values().collect();
        assert!(cases.len() > 2);
        for case in cases {
            let mine = STANDARD.decode(header_value(&case["json"])).unwrap();
            let theirs = STANDARD.decode(case["both_alphabets"].as_str().unwrap()).unwrap();
            let [mine, theirs] = [mine, theirs].map(|bytes| serde_json::from_slice::<Value>(&bytes).unwrap());
            assert_eq!(mine, theirs);
        }
    }
}
