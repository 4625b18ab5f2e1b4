//! The X.509 certificate of a contract, whose extension holds the contract itself (protocol
//! reference, crypto §7 and objects §6).
//!
//! A contract always has the same certificate: nothing in it is drawn or depends on the time.

use rcgen::{
    CertificateParams, CustomExtension, DistinguishedName, DnType, Issuer, KeyPair, PKCS_RSA_SHA256,
    PublicKeyData, SerialNumber, SignatureAlgorithm, date_time_ymd,
};
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::pkcs1::der::Encode;
use rsa::pkcs1::der::asn1::Utf8StringRef;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::clock::Moment;
use crate::domain::contract::{Contract, ContractKind};
use crate::payload::signing::SigningKey;

/// When every contract of the mock ends: the start of 2100.
pub(crate) const EXPIRES: Moment = Moment::from_millis(4_102_444_800_000);
/// Version of the contract document.
pub(crate) const SCHEMA_VERSION: &str = "5.0.0";

/// The extension that holds the contract document.
const CONTRACT_EXTENSION: [u64; 7] = [1, 2, 826, 0, 1, 6_861_219, 1];

/// A certificate that could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateError {
    #[error("the certificate was not signed: {0}")]
    Signature(#[from] rcgen::Error),
    #[error("the public key was not encoded: {0}")]
    Key(#[from] rsa::pkcs1::Error),
    #[error("the contract was not encoded: {0}")]
    Document(#[from] rsa::pkcs1::der::Error),
}

/// The contract's public key, whose owner the certificate names.
struct Subject(Vec<u8>);

impl PublicKeyData for Subject {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

/// Issues the certificate of a contract, in DER.
///
/// # Errors
/// [`CertificateError`], which a test excludes for the committed keys.
pub(crate) fn issue(
    contract: &Contract,
    application_name: &str,
    signing: &SigningKey,
) -> Result<Vec<u8>, CertificateError> {
    let subject = Subject(contract.keys.encryption().to_pkcs1_der()?.into_vec());
    let document = document(contract, application_name).to_string();
    let extension = Utf8StringRef::new(&document)?.to_der()?;
    let mut params = CertificateParams::default();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2100, 1, 1);
    params.serial_number = Some(SerialNumber::from_slice(&serial(contract)));
    params.distinguished_name = named(&contract.contract_id);
    params.custom_extensions = vec![CustomExtension::from_oid_content(&CONTRACT_EXTENSION, extension)];
    let mut authority = CertificateParams::default();
    authority.distinguished_name = named("digime-mock contract authority");
    let key = KeyPair::from_pem_and_sign_algo(signing.private_pem(), &PKCS_RSA_SHA256)?;
    let certificate = params.signed_by(&subject, &Issuer::new(authority, key))?;
    Ok(certificate.der().to_vec())
}

/// A positive number that belongs to the contract alone. It has 127 bits, so that certificates do not differ in length by it.
fn serial(contract: &Contract) -> [u8; 16] {
    let hash = Sha256::digest(contract.client_id());
    let mut serial = [0; 16];
    serial.copy_from_slice(&hash[..16]);
    serial[0] = serial[0] & 0x7f | 0x40;
    serial
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// The contract as the user's app would show it.
fn document(contract: &Contract, application_name: &str) -> Value {
    let mut document = json!({
        "name": application_name,
        "schemaVersion": SCHEMA_VERSION,
        "revision": "1",
        "resources": {},
    });
    let policy = "Sample data of a mock server";
    if contract.kind.reads() {
        document["dataRequest"] = json!({
            "purpose": "Development and tests",
            "consentPolicy": {
                "description": policy,
                "shareType": if contract.kind == ContractKind::OneOff { "once" } else { "ongoing" },
            },
            "timeRanges": [{ "type": "all" }],
        });
    } else {
        document["dataPush"] = json!({
            "type": "library",
            "purpose": "Development and tests",
            "consentPolicy": policy,
        });
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use rsa::pkcs1::der::Decode;
    use x509_parser::parse_x509_certificate;

    #[test]
    fn a_certificate_holds_the_contract_and_its_key_and_is_always_the_same() {
        let signing = SigningKey::development().unwrap();
        for kind in [ContractKind::Read, ContractKind::Write, ContractKind::ReadRaw, ContractKind::OneOff] {
            let contract = Contract::sample(kind);
            let der = issue(&contract, "Mock \u{e9}", &signing).unwrap();
            assert!(der == issue(&contract, "Mock \u{e9}", &signing).unwrap());
            let (rest, certificate) = parse_x509_certificate(&der).unwrap();
            assert!(rest.is_empty());
            assert_eq!(certificate.subject().to_string(), "CN=c-1");
            let key = certificate.public_key().subject_public_key.data.to_vec();
            assert_eq!(key, contract.keys.encryption().to_pkcs1_der().unwrap().into_vec());
            assert_eq!(certificate.validity().not_after.timestamp() * 1000, EXPIRES.millis());
            let extension = certificate
                .extensions()
                .iter()
                .find(|extension| extension.oid.to_id_string() == "1.2.826.0.1.6861219.1")
                .unwrap();
            let text = Utf8StringRef::from_der(extension.value).unwrap();
            let document: Value = serde_json::from_str(text.as_ref()).unwrap();
            assert_eq!(document["name"], "Mock \u{e9}");
            assert_eq!(document["dataRequest"].is_object(), kind.reads());
            assert_eq!(document["dataPush"].is_object(), !kind.reads());
            // iOS reads an object in the one and text in the other, and drops any other time range
            // (protocol reference, objects §6).
            if kind.reads() {
                assert!(document["dataRequest"]["consentPolicy"]["description"].is_string());
                assert_eq!(document["dataRequest"]["timeRanges"], json!([{ "type": "all" }]));
            } else {
                let members = document["dataPush"].as_object().unwrap();
                assert!(members.contains_key("consentPolicy"));
                assert!(members.values().all(Value::is_string), "{members:?}");
            }
        }
    }

    #[test]
    fn certificates_of_contracts_do_not_differ_in_length_by_their_serial_numbers() {
        let mut contract = Contract::sample(ContractKind::Read);
        for number in 0..1000 {
            contract.contract_id = number.to_string();
            // DER leaves out zeros before a number, and puts one before a bit that would be its sign.
            assert_eq!(serial(&contract)[0] & 0xc0, 0x40);
        }
    }
}
