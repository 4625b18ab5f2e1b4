//! The file of a contract's private key.

use std::path::Path;

/// The PEM of a key that both the SDK and raw requests can sign with.
///
/// # Errors
/// Why it cannot serve, for people; nothing of the key.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    digime::PrivateKey::from_pem(&text).map_err(|error| error.to_string())?;
    let pem = plain(&text);
    jsonwebtoken::EncodingKey::from_rsa_pem(pem.as_bytes())
        .map_err(|error| format!("raw requests cannot be signed with it: {error}"))?;
    Ok(pem)
}

/// The first private key of a text as other readers of PEM want it: without a byte-order mark, text
/// around it, indentation, and line breaks that are written as `\n`, as variables have them.
fn plain(text: &str) -> String {
    let lines = text.replace("\\r", "").replace("\\n", "\n");
    let lines = lines.lines().map(|line| line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}'));
    let mut pem = String::new();
    for line in lines.skip_while(|line| !(line.starts_with("-----BEGIN") && line.contains("PRIVATE KEY"))) {
        pem.push_str(line);
        pem.push('\n');
        if line.starts_with("-----END") {
            break;
        }
    }
    pem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_a_key_is_no_part_of_it() {
        let pem = "-----BEGIN PRIVATE KEY-----\nAAAA\nBBBB\n-----END PRIVATE KEY-----\n";
        for text in [
            pem.to_owned(),
            format!("\u{feff}{pem}"),
            format!("\n\n{pem}\n\n"),
            pem.replace('\n', "\r\n"),
            pem.replace('\n', "\n    "),
            pem.trim().replace('\n', "\\n"),
            format!("subject: x\n-----BEGIN CERTIFICATE-----\nCCCC\n-----END CERTIFICATE-----\n{pem}more"),
        ] {
            assert_eq!(plain(&text), pem, "{text:?}");
        }
    }

    #[test]
    #[cfg(feature = "embedded")]
    fn a_key_that_the_sdk_reads_signs_raw_requests_too() {
        let server = digime_mock_server::MockServer::builder().try_start().unwrap();
        let credentials = server.credentials();
        let key = credentials.contract(digime_mock_server::ContractKind::Read).unwrap();
        let pem = key.private_key.as_deref().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        for text in
            [pem.to_owned(), format!("\u{feff}{pem}\n\n"), pem.replace('\n', "\r\n"), format!("note\n{pem}")]
        {
            std::fs::write(&path, &text).unwrap();
            assert!(digime::PrivateKey::from_pem(&text).is_err() || read(&path).is_ok(), "{text}");
        }
        std::fs::write(&path, "no key").unwrap();
        assert!(read(&path).is_err());
    }
}
