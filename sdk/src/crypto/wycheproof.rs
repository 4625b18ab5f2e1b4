//! Known answers of Project Wycheproof. What the platform uses (PS512 with a salt of 64 bytes, OAEP with
//! SHA-1, AES-256-CBC with PKCS#7) must give its results; what is right with any other hash, mask, salt
//! or key size must be refused, for nobody may choose another.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use wycheproof::{HashFunction, Mgf, TestResult, cipher, rsa_oaep, rsa_pss_verify};

use super::jwk::VerifyingKey;
use super::private_key::PrivateKey;

/// An entry of a key set.
fn jwk(n: &[u8], e: &[u8]) -> Value {
    json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n), "e": URL_SAFE_NO_PAD.encode(e) })
}

#[test]
fn only_ps512_signatures_with_a_salt_of_64_bytes_are_accepted() {
    let (mut right, mut wrong, mut others) = (0, 0, 0);
    for name in rsa_pss_verify::TestName::all() {
        for group in rsa_pss_verify::TestSet::load(name).unwrap().test_groups {
            let key = VerifyingKey::from_entry(&jwk(&group.key.n, &group.key.e)).unwrap();
            let ps512 = (group.hash, group.mgf, group.mgf_hash, group.salt_size)
                == (HashFunction::Sha2_512, Mgf::Mgf1, Some(HashFunction::Sha2_512), 64);
            // A PEM that binds the key to parameters is none of the two forms of crypto §3.2.
            let bound = group.test_type == rsa_pss_verify::TestGroupTypeId::RsaPssVerifyWithParam;
            let pem = VerifyingKey::from_entry(&json!({ "pem": group.pem }));
            assert_eq!(pem.as_ref().ok(), (!bound).then_some(&key), "{name:?}");
            for test in group.tests {
                let expected = ps512 && test.result == TestResult::Valid;
                assert_eq!(key.verifies(&test.msg, &test.sig), expected, "{name:?} {}", test.tc_id);
                *match (ps512, expected) {
                    (true, true) => &mut right,
                    (true, false) => &mut wrong,
                    (false, _) => &mut others,
                } += 1;
            }
        }
    }
    // That the groups of other parameters are refused proves nothing if there are no others.
    assert!(right > 250 && wrong > 90 && others > 2000, "{right} {wrong} {others}");
}

#[test]
fn public_keys_with_unsafe_numbers_are_refused() {
    let group = rsa_pss_verify::TestSet::load(rsa_pss_verify::TestName::RsaPss2048Sha256Mgf1SaltLen32);
    let n = &group.unwrap().test_groups[0].key.n[1..];
    let key = |n: &[u8], e: &[u8]| VerifyingKey::from_entry(&jwk(n, e));
    let good = key(n, &[1, 0, 1]).unwrap();
    // Numbers are the same with zeros before them.
    assert_eq!(key(&[&[0, 0][..], n].concat(), &[0, 1, 0, 1]), Ok(good));
    for e in [&[][..], &[0], &[1], &[2], &[1, 0, 0], &[1, 0, 0, 0, 1], &[0xff; 9]] {
        key(n, e).expect_err(&format!("{e:?}"));
    }
    let even: Vec<u8> = n[..255].iter().copied().chain([n[255] & !1]).collect();
    let short: Vec<u8> = [n[0] >> 1].iter().chain(&n[1..]).copied().collect();
    for n in [&even[..], &short, &n[1..], &[0xff; 1025], &[0xff; 70_000], &[]] {
        key(n, &[1, 0, 1]).expect_err(&format!("{} bytes", n.len()));
    }
}

#[test]
fn only_oaep_with_sha1_and_no_label_is_decrypted() {
    let (mut right, mut wrong, mut others) = (0, 0, 0);
    for name in rsa_oaep::TestName::all() {
        for group in rsa_oaep::TestSet::load(name).unwrap().test_groups {
            let key = PrivateKey::from_pem(&group.pem);
            if group.key_size < 2048 {
                let told = key.unwrap_err().to_string();
                assert!(told.contains(&format!("{} bits", group.key_size)), "{told}");
                continue;
            }
            let key = key.unwrap_or_else(|error| panic!("{name:?}: {error}"));
            let ours = group.hash == HashFunction::Sha1 && group.mgf_hash == HashFunction::Sha1;
            for test in group.tests {
                let ours = ours && test.label.is_empty();
                let expected = (ours && test.result == TestResult::Valid).then_some(&test.pt[..]);
                let opened = key.decrypt_oaep(&test.ct);
                let opened = opened.as_ref().map(|plain| plain.as_slice());
                assert_eq!(opened, expected, "{name:?} {}", test.tc_id);
                *match (ours, expected) {
                    (true, Some(_)) => &mut right,
                    (true, None) => &mut wrong,
                    (false, _) => &mut others,
                } += 1;
            }
        }
    }
    assert!(right > 15 && wrong > 15 && others > 500, "{right} {wrong} {others}");
}

#[test]
fn containers_with_another_cipher_or_padding_are_one_error() {
    let key = PrivateKey::from_pem(include_str!("../../../fixtures/vectors/contract-private.pem")).unwrap();
    let (mut right, mut refused) = (0, std::collections::BTreeSet::new());
    for group in cipher::TestSet::load(cipher::TestName::AesCbcPkcs5).unwrap().test_groups {
        for test in group.tests {
            let sealed = key.encrypt_oaep(&test.key).unwrap();
            let opened = key.decrypt_container(&[&sealed[..], &test.nonce, &test.ct].concat());
            match opened {
                Ok(plain) => {
                    let expected = group.key_size == 256 && test.result == TestResult::Valid;
                    assert!(expected && plain == test.pt[..], "{}", test.tc_id);
                    right += 1;
                }
                Err(error) => {
                    let expected = group.key_size != 256 || test.result == TestResult::Invalid;
                    assert!(expected, "{}: {error}", test.tc_id);
                    // Who can tell reasons apart has a padding oracle.
                    refused.insert(format!("{error:?}"));
                }
            }
        }
    }
    assert_eq!((right, refused.len()), (24, 1), "{refused:?}");
}
